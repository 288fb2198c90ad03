//! The flat route table: one row per operation, from which the router, the OpenAPI document and
//! the authorization sweep are made.
//!
//! What a row says of access, body and parameters is derived from the types of its handler's
//! arguments, so the table cannot drift from the code.

use axum::Router;
use axum::extract::State;
use axum::handler::Handler;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{self, MethodRouter};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::openapi::{page_reference, reference};
use crate::{Body, Command, Params, Path, PathPair, QueryParams};

/// The verb of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or does.
    Post,
    /// Replaces.
    Put,
    /// Changes what is named.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The lower-case word that OpenAPI uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Anyone.
    #[default]
    Open,
    /// Callers who hold this permission.
    Permission(&'static str),
}

/// What the document says of one operation.
#[derive(Debug, Default)]
pub struct Operation {
    /// Who may call it.
    pub access: Access,
    /// The least role that holds the permission, where roles decide.
    pub role: Option<&'static str>,
    /// What a program's token needs: a scope, or `none` where no token will do.
    pub scope: Option<&'static str>,
    /// Whether every anonymous caller gets the same answer.
    pub shared: bool,
    pub(crate) summary: &'static str,
    pub(crate) body: Option<Value>,
    pub(crate) query: Vec<Value>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) answers: Map<String, Value>,
    pub(crate) components: Map<String, Value>,
}

impl Operation {
    /// Adds a parameter of the query string, with the schema of its value.
    pub fn add_parameter(&mut self, name: &str, meaning: &str, schema: Value) {
        self.query
            .push(json!({"name": name, "in": "query", "description": meaning, "schema": schema}));
    }

    /// Adds a parameter that is sent as several, with keys in brackets: `name[key]=value`.
    pub fn add_keyed_parameter(&mut self, name: &str, meaning: &str, schema: Value) {
        self.query.push(json!({
            "name": name, "in": "query", "description": meaning,
            "style": "deepObject", "explode": true, "schema": schema,
        }));
    }

    /// One line on what it does.
    #[must_use]
    pub const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// The answer to callers without credentials depends on nothing but the site's data, the
    /// address and the form that is accepted, so that one answer serves them all.
    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.shared = true;
        self
    }

    /// Notes a header that callers may send, and what it means.
    pub fn takes_header(&mut self, name: &'static str, meaning: &'static str) {
        self.headers.push((name, meaning));
    }

    /// The data of a success with this status.
    #[must_use]
    pub fn returns<T: ToSchema>(mut self, status: u16) -> Self {
        let data = reference::<T>(&mut self.components);
        self.answers.insert(status.to_string(), answer(&data));
        self
    }

    /// A page of a list.
    #[must_use]
    pub fn returns_page_of<T: ToSchema>(mut self) -> Self {
        let data = page_reference::<T>(&mut self.components);
        self.answers.insert("200".into(), answer(&data));
        self
    }

    /// A success without data.
    #[must_use]
    pub fn returns_nothing(mut self, status: u16) -> Self {
        self.answers.insert(status.to_string(), answer(&json!({"type": "null"})));
        self
    }

    /// An answer that is not JSON.
    #[must_use]
    pub fn returns_other(mut self, status: u16, content_type: &str) -> Self {
        let answer = json!({"description": "success", "content": {content_type: {}}});
        self.answers.insert(status.to_string(), answer);
        self
    }
}

fn answer(data: &Value) -> Value {
    json!({
        "description": "success",
        "content": {"application/json": {"schema": {
            "type": "object",
            "required": ["code", "message", "data"],
            "properties": {
                "code": {"type": "integer", "const": 0},
                "message": {"type": "string"},
                "data": data,
            },
        }}},
    })
}

/// An argument of a handler, which tells the table what it needs.
pub trait Argument {
    /// Adds to the operation what this argument means for callers.
    fn describe(operation: &mut Operation);
}

impl<T> Argument for State<T> {
    fn describe(_operation: &mut Operation) {}
}

impl Argument for axum::http::HeaderMap {
    fn describe(_operation: &mut Operation) {}
}

impl<T> Argument for Path<T> {
    fn describe(_operation: &mut Operation) {}
}

impl<A, B> Argument for PathPair<A, B> {
    fn describe(_operation: &mut Operation) {}
}

impl<T: QueryParams> Argument for Params<T> {
    fn describe(operation: &mut Operation) {
        for (name, meaning) in T::FIELDS {
            operation.add_parameter(name, meaning, json!({"type": "string"}));
        }
    }
}

impl<C: Command> Argument for Body<C> {
    fn describe(operation: &mut Operation) {
        operation.body = Some(reference::<C::Wire>(&mut operation.components));
    }
}

/// The arguments of a handler, as axum numbers them.
pub trait Arguments {
    /// Adds to the operation what the arguments mean for callers.
    fn describe(operation: &mut Operation);
}

impl<M, A: Argument> Arguments for (M, A) {
    fn describe(operation: &mut Operation) {
        A::describe(operation);
    }
}

impl<M, A: Argument, B: Argument> Arguments for (M, A, B) {
    fn describe(operation: &mut Operation) {
        A::describe(operation);
        B::describe(operation);
    }
}

impl<M, A: Argument, B: Argument, C: Argument> Arguments for (M, A, B, C) {
    fn describe(operation: &mut Operation) {
        A::describe(operation);
        B::describe(operation);
        C::describe(operation);
    }
}

impl<M, A: Argument, B: Argument, C: Argument, D: Argument> Arguments for (M, A, B, C, D) {
    fn describe(operation: &mut Operation) {
        A::describe(operation);
        B::describe(operation);
        C::describe(operation);
        D::describe(operation);
    }
}

/// In an answer's extensions: its route says that callers without credentials all get the same.
#[derive(Debug, Clone, Copy)]
pub struct SameForEverybody;

async fn mark_shared(mut response: Response) -> Response {
    response.extensions_mut().insert(SameForEverybody);
    response
}

/// One row of the table.
#[derive(Debug)]
pub struct Route {
    /// The verb.
    pub method: Method,
    /// The path with `{variables}`.
    pub path: &'static str,
    /// What the document says.
    pub operation: Operation,
    handler: MethodRouter,
}

/// Rows that share a state.
#[derive(Debug)]
pub struct Routes<S> {
    state: S,
    rows: Vec<Route>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// An empty table whose handlers get `state`.
    pub const fn new(state: S) -> Self {
        Self { state, rows: Vec::new() }
    }

    /// Adds a row.
    #[must_use]
    pub fn add<H, T>(
        mut self,
        method: Method,
        path: &'static str,
        handler: H,
        describe: impl FnOnce(Operation) -> Operation,
    ) -> Self
    where
        H: Handler<T, S>,
        T: Arguments + 'static,
    {
        let mut operation = Operation::default();
        T::describe(&mut operation);
        let handler = match method {
            Method::Get => routing::get(handler),
            Method::Post => routing::post(handler),
            Method::Put => routing::put(handler),
            Method::Patch => routing::patch(handler),
            Method::Delete => routing::delete(handler),
        };
        let operation = describe(operation);
        let mut handler = handler.with_state(self.state.clone());
        if operation.shared {
            handler = handler.layer(map_response(mark_shared));
        }
        self.rows.push(Route { method, path, operation, handler });
        self
    }

    /// The finished rows.
    pub fn rows(self) -> Vec<Route> {
        self.rows
    }
}

impl Route {
    /// Mounts rows on a router.
    pub fn mount(rows: Vec<Self>) -> Router {
        rows.into_iter().fold(Router::new(), |router, row| router.route(row.path, row.handler))
    }
}
