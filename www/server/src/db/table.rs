//! What a table is made of, and the story service's tables.

use serde_json::{Value, json};

/// A PostgreSQL type, as far as the tables need one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Int8,
    Int4,
    Float8,
    Numeric,
    Text,
    Bool,
    Uuid,
    Jsonb,
    TextArray,
    Timestamptz,
}

impl Kind {
    /// The name in `columns` of a `postgres_changes` message.
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Int4 => "int4",
            Self::Float8 => "float8",
            Self::Numeric => "numeric",
            Self::Text => "text",
            Self::Bool => "bool",
            Self::Uuid => "uuid",
            Self::Jsonb => "jsonb",
            Self::TextArray => "_text",
            Self::Timestamptz => "timestamptz",
        }
    }

    /// The name in PostgreSQL's error messages.
    pub fn sql_name(self) -> &'static str {
        match self {
            Self::Int8 => "bigint",
            Self::Int4 => "integer",
            Self::Float8 => "double precision",
            Self::Numeric => "numeric",
            Self::Text => "text",
            Self::Bool => "boolean",
            Self::Uuid => "uuid",
            Self::Jsonb => "jsonb",
            Self::TextArray => "text[]",
            Self::Timestamptz => "timestamp with time zone",
        }
    }
}

/// What a column holds when an insert does not name it.
#[derive(Clone, Debug, PartialEq)]
pub enum Default {
    Null,
    NewUuid,
    Now,
    Value(Value),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub default: Default,
    pub not_null: bool,
}

impl Column {
    /// A column that may be null.
    pub fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, default: Default::Null, not_null: false }
    }

    pub fn not_null(mut self) -> Self {
        self.not_null = true;
        self
    }

    pub fn default(mut self, default: Default) -> Self {
        self.default = default;
        self
    }
}

/// A table of the schema `public`. The primary key is always the column `id`.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// `stories`, `emotion_check_ins` and `notifications`.
pub fn story_tables() -> Vec<Table> {
    let id = || Column::new("id", Kind::Uuid).not_null().default(Default::NewUuid);
    let time = |name| Column::new(name, Kind::Timestamptz).not_null().default(Default::Now);
    let text = |name| Column::new(name, Kind::Text);
    vec![
        Table {
            name: "stories",
            columns: vec![
                id(),
                Column::new("user_id", Kind::Uuid),
                text("title").not_null().default(Default::Value(json!(""))),
                Column::new("content", Kind::Jsonb),
                Column::new("asset_generation_status", Kind::Jsonb)
                    .not_null()
                    .default(Default::Value(json!({ "overall": "pending", "assets": {} }))),
                text("cover_url"),
                text("cover_art_url"),
                text("audio_url"),
                text("webvtt_url"),
                text("pdf_url"),
                text("text_url"),
                text("scenes_url"),
                text("activities_url"),
                Column::new("scene_art_urls", Kind::TextArray),
                Column::new("activities", Kind::Jsonb),
                time("created_at"),
                time("updated_at"),
            ],
        },
        Table {
            name: "emotion_check_ins",
            columns: vec![
                id(),
                Column::new("profile_id", Kind::Uuid).not_null(),
                text("emotion").not_null(),
                Column::new("intensity", Kind::Numeric),
                time("created_at"),
            ],
        },
        Table {
            name: "notifications",
            columns: vec![
                id(),
                Column::new("user_id", Kind::Uuid).not_null(),
                text("type").not_null().default(Default::Value(json!("info"))),
                text("title").not_null().default(Default::Value(json!(""))),
                text("message").not_null().default(Default::Value(json!(""))),
                Column::new("data", Kind::Jsonb),
                Column::new("read", Kind::Bool).not_null().default(Default::Value(json!(false))),
                time("created_at"),
            ],
        },
    ]
}
