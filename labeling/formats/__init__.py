"""File formats, one module each, and a registry of them. Pure: values in, values out."""
