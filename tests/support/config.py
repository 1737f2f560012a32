"""Settings as Python values, written in libconfig syntax."""


def to_libconfig(settings):
    """A dict as the text of a file: groups, lists, strings, numbers, bools."""
    return "".join(f"{name} = {_value(value)};\n"
                   for name, value in settings.items())


def _value(value):
    if isinstance(value, dict):
        inside = " ".join(f"{name} = {_value(item)};"
                          for name, item in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, (list, tuple)):
        return f"( {', '.join(_value(item) for item in value)} )"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return _quoted(str(value))


def _quoted(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n") + '"'
