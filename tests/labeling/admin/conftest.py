from tests.workforce.admin.conftest import enter, plain_static_files

__all__ = ["enter", "plain_static_files"]
