"""As much of JSON Schema as `wrtd schema` uses: type, properties, required, items, $ref. Fields that the schema does not
know are an error here: a document must not say more than its schema."""

KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def check(value, schema, root, place="$"):
    """Yields what does not fit."""
    if "$ref" in schema:
        yield from check(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root, place)
        return
    kind = schema.get("type")
    if isinstance(kind, list):
        if value is None and "null" in kind:
            return
        kind = kind[0]
    if kind in ("integer", "number"):
        good = isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    else:
        good = kind is None or isinstance(value, KINDS[kind])
    if not good:
        yield f"{place}: {value!r} is no {kind}"
        return
    if isinstance(value, dict) and schema.get("properties"):
        for name in schema.get("required", []):
            if name not in value:
                yield f"{place}: {name} is missing"
        for name, member in value.items():
            if name not in schema["properties"]:
                yield f"{place}.{name}: not in the schema"
            else:
                yield from check(member, schema["properties"][name], root, f"{place}.{name}")
    if isinstance(value, list) and "items" in schema:
        for k, item in enumerate(value):
            yield from check(item, schema["items"], root, f"{place}[{k}]")
