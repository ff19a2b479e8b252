"""What an annotation is: ontologies, label payloads, their rules and measures. Pure: values in, values out."""
