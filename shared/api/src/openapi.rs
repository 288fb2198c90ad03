//! OpenAPI 3.1 documents, assembled from route rows and the schemas of their types.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::Page;
use crate::route::{Access, Route};

/// What a document says of itself.
#[derive(Debug, Clone, Copy)]
pub struct DocumentInfo {
    /// The API's name.
    pub title: &'static str,
    /// What it is for.
    pub description: &'static str,
}

/// A reference to a type's schema, which is added to `components` with everything it needs.
pub(crate) fn reference<T: ToSchema>(components: &mut Map<String, Value>) -> Value {
    add::<T>(T::name().into_owned(), components)
}

/// A reference to the schema of a page of these, which is one of its own for each type of row.
pub(crate) fn page_reference<T: ToSchema>(components: &mut Map<String, Value>) -> Value {
    reference::<T>(components);
    add::<Page<T>>(format!("{}Page", T::name()), components)
}

fn add<T: ToSchema>(name: String, components: &mut Map<String, Value>) -> Value {
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    let reference = json!({"$ref": format!("#/components/schemas/{name}")});
    schemas.push((name, T::schema()));
    for (name, schema) in schemas {
        components.insert(name, serde_json::to_value(schema).unwrap_or(Value::Null));
    }
    reference
}

/// Builds the document of a route table.
pub fn document<'a>(info: DocumentInfo, rows: impl IntoIterator<Item = &'a Route>) -> Value {
    let mut paths: std::collections::BTreeMap<&str, Map<String, Value>> = Default::default();
    let mut components: std::collections::BTreeMap<String, Value> = Default::default();
    for row in rows {
        paths.entry(row.path).or_default().insert(row.method.as_str().into(), operation(row));
        components.extend(row.operation.components.clone());
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": info.title,
            "description": info.description,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "responses": {"Error": error_response()},
        },
    })
}

fn operation(row: &Route) -> Value {
    let described = &row.operation;
    let mut answers = described.answers.clone();
    answers.insert("default".into(), json!({"$ref": "#/components/responses/Error"}));
    let mut parameters: Vec<Value> = path_variables(row.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    parameters.extend(described.query.iter().cloned());
    parameters.extend(described.headers.iter().map(|(name, meaning)| {
        json!({"name": name, "in": "header", "description": meaning, "schema": {"type": "string"}})
    }));
    let mut value = json!({
        "operationId": operation_id(row),
        "summary": described.summary,
        "parameters": parameters,
        "responses": answers,
    });
    if let Some(body) = &described.body {
        value["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": body}}});
    }
    if let Access::Permission(name) = described.access {
        value["security"] = json!([{"bearer": []}]);
        value["x-permission"] = json!(name);
    }
    if let Some(role) = described.role {
        value["x-role"] = json!(role);
    }
    if let Some(scope) = described.scope {
        value["x-scope"] = json!(scope);
    }
    value
}

fn path_variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// `post_api_v1_posts_slug` for `POST /api/v1/posts/{slug}`.
fn operation_id(row: &Route) -> String {
    let words = row.path.split(['/', '{', '}', '.', '-']).filter(|word| !word.is_empty());
    std::iter::once(row.method.as_str()).chain(words).collect::<Vec<_>>().join("_")
}

fn error_response() -> Value {
    let field = json!({
        "type": "object",
        "required": ["path", "code", "message"],
        "properties": {
            "path": {"type": "string"},
            "code": {"type": "string"},
            "message": {"type": "string"},
        },
    });
    json!({
        "description": "failure",
        "content": {"application/json": {"schema": {
            "type": "object",
            "required": ["code", "message", "data", "error"],
            "properties": {
                "code": {"type": "integer", "description": "HTTP status × 100"},
                "message": {"type": "string"},
                "data": {"type": "null"},
                "error": {
                    "type": "object",
                    "required": ["code", "fields", "request_id"],
                    "properties": {
                        "code": {"type": "string"},
                        "fields": {"type": "array", "items": field},
                        "request_id": {"type": "string"},
                    },
                },
            },
        }}},
    })
}
