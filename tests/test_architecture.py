"""The house, as a test. Floors: config > quality > labeling > workforce. Inside a floor: faces > rules > models.

``findings(root)`` reads a tree as text and returns every breach; the second half plants each kind of breach in a
scratch tree and sees that it is found."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("workforce", "labeling", "quality", "config")
FACES = {"admin", "api", "pages", "consumers", "tasks", "reactions", "management"}
# Faces that reach rows only through access or rules.
ROW_GUARDED = {"admin", "api", "pages", "consumers", "tasks", "reactions"}
PURE = ("labeling/annotations", "labeling/formats", "quality/agreement", "quality/charts")
PURE_MAY_IMPORT = {
    "labeling.annotations",
    "labeling.formats",
    "quality.agreement",
    "quality.charts",
    "workforce.json_gate",
}
FRAMEWORKS = {"django", "rest_framework", "celery", "channels", "guardian", "psycopg", "redis"}
NOT_IN_RULES = {"rest_framework", "django.http", "django.forms", "django.shortcuts", "celery"}
ONLY_ACCESS = {"guardian.shortcuts", "guardian.core", "guardian.utils", "guardian.mixins", "guardian.decorators"}
RELATION = re.compile(r"^(ForeignKey|OneToOneField|ManyToManyField)$")
LABELS = {"labeling": ("quality",), "workforce": ("labeling", "quality")}


def modules(root: Path) -> list[Path]:
    return [
        path.relative_to(root)
        for floor in FLOORS
        for path in sorted((root / floor).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def findings(root: Path) -> list[str]:
    return [finding for module in modules(root) for finding in _findings_of(root, module)]


def _findings_of(root: Path, module: Path) -> Iterator[str]:
    tree = ast.parse((root / module).read_text())
    for check in (_imports, _pure, _faces_and_rows, _permission_calls, _upward_names, _rule_imports):
        for line, message in check(module, tree):
            yield f"{module}:{line} {message}"


def _imported(module: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield node.lineno, f"<relative>.{node.module or ''}"
            else:
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _place(module: Path) -> str:
    """models, a face's name, or rule."""
    parts = module.with_suffix("").parts
    second = parts[1] if len(parts) > 1 else ""
    return second if second in FACES | {"models"} else "rule"


def _imports(module: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    floor, place = module.parts[0], _place(module)
    for line, target in _imported(module, tree):
        if target.startswith("<relative>"):
            yield line, "write the import in full"
            continue
        target_floor, target_place = (*target.split("."), "")[:2]
        if target_floor not in FLOORS:
            continue
        if FLOORS.index(target_floor) > FLOORS.index(floor):
            yield line, f"imports upward: {target}"
        if floor == "config" or target_floor == "config":
            continue
        in_face = place in FACES or module.name == "apps.py"
        if not in_face and target_place in FACES:
            yield line, f"a rule or model imports a face: {target}"
        if place == "models" and target_floor == floor and target_place not in ("models", "roles"):
            yield line, f"a model imports a rule: {target}"


def _pure(module: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    if not module.as_posix().startswith(PURE):
        return
    for line, target in _imported(module, tree):
        top = target.split(".")[0]
        if top in FRAMEWORKS:
            yield line, f"a pure package imports {target}"
        if top in FLOORS and not any(target.startswith(allowed) for allowed in PURE_MAY_IMPORT):
            yield line, f"a pure package imports {target}"
        if target in ("time.time", "datetime.now", "random.random"):
            yield line, f"a pure package reads {target}"


def _faces_and_rows(module: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    if _place(module) not in ROW_GUARDED or module.parts[0] == "config":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_manager(node) and not _goes_into_access(node, tree):
            yield node.lineno, "a face reaches rows by itself; start from access or a rule"


def _is_manager(node: ast.Attribute) -> bool:
    """``Slot.objects`` is a table's manager; ``figures.objects`` may be a number of drawn things."""
    if node.attr in ("_default_manager", "_base_manager"):
        return True
    owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
    return node.attr == "objects" and (owner[:1].isupper() or not owner)


def _goes_into_access(node: ast.Attribute, tree: ast.AST) -> bool:
    """``access.access(user, Model.objects…, uid, …)`` and ``visible_to`` take the queryset they narrow."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in ("access", "visible_to") and any(node in ast.walk(argument) for argument in call.args):
                return True
    return False


def _permission_calls(module: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    if module.as_posix() == "workforce/access.py":
        return
    for line, target in _imported(module, tree):
        if any(target.startswith(name) for name in ONLY_ACCESS):
            yield line, f"only access.py asks guardian: {target}"
    for node in ast.walk(tree):
        name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
        if name in ("has_perm", "has_perms", "has_module_perms"):
            yield node.lineno, f"{name} knows no expiry; ask workforce.access"


def _upward_names(module: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """String references, foreign keys and reverse relations that name a higher floor."""
    above = LABELS.get(module.parts[0], ())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for floor in above:
                if re.search(rf"(^|[\"'\s(]){floor}\.[A-Za-z]|\b{floor}_\w", node.value) and not _is_prose(node.value):
                    yield node.lineno, f"names the {floor} floor: {node.value!r}"
        if isinstance(node, ast.Attribute) and any(node.attr.startswith(f"{floor}_") for floor in above):
            yield node.lineno, f"uses a reverse relation of a higher floor: {node.attr}"
    if _place(module) == "models":
        yield from _related_names(module, tree)


def _is_prose(text: str) -> bool:
    """Docstrings and sentences; a reference is one word or a line of SQL without a full stop and space."""
    return bool(re.search(r"[a-z)]\. [A-Z]|[a-z,;] [a-z]+ [a-z]+ [a-z]+", text)) and "SELECT" not in text.upper()


def _related_names(module: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """A foreign key that crosses floors says so in its related name."""
    floor = module.parts[0]
    foreign = {
        alias.asname or alias.name: (node.module or "").split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and RELATION.match(node.func.attr)):
            continue
        target = node.args[0] if node.args else None
        target_floor = foreign.get(target.id, "") if isinstance(target, ast.Name) else ""
        if target_floor not in FLOORS or target_floor == floor:
            continue
        names = [k.value.value for k in node.keywords if k.arg == "related_name" and isinstance(k.value, ast.Constant)]
        if not names or not (names[0] == "+" or str(names[0]).startswith(f"{floor}_")):
            yield node.lineno, f"a foreign key into {target_floor} needs related_name='{floor}_…' or '+'"


def _rule_imports(module: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    if _place(module) != "rule" or module.parts[0] == "config" or module.name in ("apps.py", "relay.py"):
        return
    for line, target in _imported(module, tree):
        if any(target == name or target.startswith(f"{name}.") for name in NOT_IN_RULES):
            yield line, f"a rule imports {target}"


def test_the_house_stands() -> None:
    assert findings(ROOT) == []


def test_no_library_brings_its_raw_forms_into_the_admin() -> None:
    from django.contrib import admin

    assert admin.site._registry == {}


BREACHES = {
    "upward import": ("labeling/queue.py", "def f():\n    from quality.review import decide\n", "imports upward"),
    "config from below": ("workforce/people.py", "import config.settings\n", "imports upward"),
    "relative import": ("labeling/queue.py", "from .models import Slot\n", "in full"),
    "rule imports face": ("labeling/queue.py", "from labeling.tasks import sweep\n", "imports a face"),
    "model imports rule": ("labeling/models/queue.py", "from labeling.queue import lease\n", "imports a rule"),
    "model imports face": ("labeling/models/queue.py", "import labeling.api.queue\n", "imports a face"),
    "string reference": ("labeling/models/queue.py", "x = 'quality.Review'\n", "names the quality floor"),
    "upward foreign key": (
        "workforce/models/people.py",
        "from django.db import models\nx = models.ForeignKey('labeling.Project', models.CASCADE)\n",
        "names the labeling floor",
    ),
    "upward table in SQL": ("labeling/queue.py", "q = 'SELECT 1 FROM quality_review'\n", "names the quality floor"),
    "reverse relation": ("labeling/labels.py", "def f(label):\n    return label.quality_reviews.all()\n", "reverse"),
    "crossing key without name": (
        "quality/models/review.py",
        "from django.db import models\nfrom labeling.models import Label\n"
        "x = models.ForeignKey(Label, models.CASCADE, related_name='reviews')\n",
        "related_name",
    ),
    "page reaches rows": ("labeling/pages/home.py", "def f(M):\n    return M.objects.all()\n", "reaches rows"),
    "api reaches rows": ("quality/api/review.py", "def f(M):\n    return M._default_manager.get()\n", "reaches rows"),
    "task reaches rows": ("quality/tasks.py", "def f(M):\n    return M.objects.get()\n", "reaches rows"),
    "pure imports Django": ("quality/agreement/boxes.py", "import django.db\n", "a pure package"),
    "pure imports a rule": ("labeling/annotations/boxes.py", "from labeling.queue import x\n", "a pure package"),
    "guardian shortcut": ("labeling/projects.py", "from guardian.shortcuts import assign_perm\n", "asks guardian"),
    "has_perm": ("labeling/projects.py", "def f(u):\n    return u.has_perm('x')\n", "knows no expiry"),
    "request in a rule": ("labeling/queue.py", "from django.http import HttpRequest\n", "a rule imports"),
    "task decorator in a rule": ("quality/consensus.py", "from celery import shared_task\n", "a rule imports"),
}


@pytest.mark.parametrize("kind", BREACHES)
def test_a_planted_breach_is_found(kind: str, tmp_path: Path) -> None:
    where, text, expected = BREACHES[kind]
    for floor in FLOORS:
        (tmp_path / floor).mkdir()
    file = tmp_path / where
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert any(expected in finding for finding in findings(tmp_path)), findings(tmp_path)


def test_a_clean_tree_has_no_findings(tmp_path: Path) -> None:
    for floor in FLOORS:
        (tmp_path / floor).mkdir()
    (tmp_path / "labeling/queue.py").write_text(
        '"""Nobody above is named here: quality listens, labeling does not know of it."""\n'
        "from workforce import access\nfrom labeling.models import Slot\n\n\ndef rows(user):\n"
        "    return access.visible_to(user, Slot.objects.all(), 'x')\n"
    )
    assert findings(tmp_path) == []
