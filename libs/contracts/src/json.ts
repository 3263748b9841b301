/** Any value that JSON can hold; what tasks take, give and pass on. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

export type JsonObject = { [key: string]: JsonValue };

/** A JSON Schema document, kept as data. */
export type JsonSchema = JsonObject;
