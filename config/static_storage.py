"""Static files with hashed names, the imports inside our ES modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleAwareStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
