"""Static files with hashed names, the imports inside our own ES modules included. Libraries' scripts are taken as they
are: some of them name files that their packages do not ship."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

OUR_FOLDERS = ("shared", "workforce", "labeling", "quality")


# Django's own pattern, which a flag of its storage turns on for every script; ours alone are wanted.
MODULE_PATTERNS = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]


class ModuleAwareStorage(CompressedManifestStaticFilesStorage):
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        *((f"{folder}/*.js", MODULE_PATTERNS) for folder in OUR_FOLDERS),
    )
