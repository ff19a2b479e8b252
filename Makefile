# Everything below needs make, sh and Python 3.11 or newer, and nothing else.
# make run    the whole line on http://127.0.0.1:8000 (PORT, CREWLINE_HOME, DEMO=0 are honoured)
# make test   lint, then all tests (PYTEST_ARGS is handed on, e.g. PYTEST_ARGS="-k queue")
# make lint   ruff and mypy
# make clean  removes what was made in the checkout; the data folder is not in it and stays

SHELL := /bin/sh
PY := .venv/bin/python
RUNTIME := .venv/installed-requirements.txt
DEVELOPMENT := .venv/installed-requirements-dev.txt

.PHONY: run test lint clean browser
.DELETE_ON_ERROR:

run: $(RUNTIME)
	@exec $(PY) -m config.supervisor

test: lint browser
	@exec $(PY) -m pytest -n 2 --dist worksteal $(PYTEST_ARGS)

lint: $(DEVELOPMENT)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy .

clean:
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The newest Python there is. An environment that no longer runs (its Python was removed) is made anew.
$(PY):
	@found=; for minor in 19 18 17 16 15 14 13 12 11; do \
	  if python3.$$minor -c 'import sys' >/dev/null 2>&1; then found=python3.$$minor; break; fi; \
	done; \
	if test -z "$$found" && python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=python3; fi; \
	if test -z "$$found"; then echo "Python 3.11 or newer is missing: install python3." >&2; exit 1; fi; \
	if ! "$$found" -c 'import venv, ensurepip' >/dev/null 2>&1; then \
	  echo "The venv module of $$found is missing: install $$found-venv (Debian, Ubuntu) or a complete Python." >&2; exit 1; fi; \
	echo "Making .venv with $$found"; \
	"$$found" -m venv --clear .venv || { rm -rf .venv; echo "$$found could not make .venv (see above)." >&2; exit 1; }

# The stamp is a copy of what was installed, compared by content: a fresh checkout's times mean nothing.
# FORCE makes make look each time; the comparison is what decides.
.PHONY: FORCE
FORCE:

$(RUNTIME): FORCE | $(PY)
	@$(call install,requirements.txt,$(RUNTIME))

$(DEVELOPMENT): FORCE | $(RUNTIME)
	@cat requirements.txt requirements-clouds.txt requirements-dev.txt > .venv/wanted-dev.txt; \
	if ! cmp -s .venv/wanted-dev.txt $@; then \
	  echo "Installing requirements-dev.txt"; \
	  $(call pip,requirements-dev.txt); \
	  mv .venv/wanted-dev.txt $@; \
	fi

pip = $(PY) -m pip install --quiet --disable-pip-version-check -r $(1) || { \
  echo "pip could not install $(1) (see above): is a package index reachable?" >&2; exit 1; }

define install
if ! cmp -s $(1) $(2); then \
  echo "Installing $(1)"; \
  $(call pip,$(1)); \
  cp $(1) $(2); \
fi
endef

# The browser tests look for chromium on the PATH.
browser:
	@if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
	  || command -v google-chrome >/dev/null 2>&1; then exit 0; fi; \
	become=; if test "$$(id -u)" != 0; then become="sudo -n"; fi; \
	if command -v apt-get >/dev/null 2>&1 && { test -z "$$become" || sudo -n true >/dev/null 2>&1; }; then \
	  echo "Installing chromium for the browser tests"; \
	  $$become apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$become apt-get install -y -qq chromium >/dev/null && exit 0; \
	fi; \
	echo "The browser tests need Chromium: install the package chromium."
