"""Static files with hashed names, the imports inside our own ES modules included. Libraries' scripts are taken as they
are: some of them name files that their packages do not ship."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

OUR_FOLDERS = ("shared", "workforce", "labeling", "quality")


class ModuleAwareStorage(CompressedManifestStaticFilesStorage):
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        *(
            (f"{folder}/*.js", CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1])
            for folder in OUR_FOLDERS
        ),
    )
