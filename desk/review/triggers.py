"""What the database itself keeps up to date: the list of messages to look at anew, and the search index.

Triggers write in the transaction that changes a message, whoever changes it, so no message can be missed. Making them
again changes nothing.
"""

from __future__ import annotations

from django.db import connections

WATCHED = ("text", "understanding", "risk", "feedback", "state", "language", "choice", "withdrawn_at")
"""Columns of a message that its facts are made from."""

_LAST_PATIENT_MESSAGE = (
    "SELECT id FROM conversations_message WHERE conversation_id = NEW.conversation_id AND direction = 'in' "
    "ORDER BY sequence DESC LIMIT 1"
)
_SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS review_message_added AFTER INSERT ON conversations_message BEGIN "
    "INSERT INTO review_pendingmessage (message_id) VALUES (NEW.id); END",
    f"CREATE TRIGGER IF NOT EXISTS review_message_changed AFTER UPDATE OF {', '.join(WATCHED)} "
    "ON conversations_message BEGIN INSERT INTO review_pendingmessage (message_id) VALUES (NEW.id); END",
    "CREATE TRIGGER IF NOT EXISTS review_handoff_added AFTER INSERT ON handoffs_handoff BEGIN "
    f"INSERT INTO review_pendingmessage (message_id) {_LAST_PATIENT_MESSAGE}; END",
    "CREATE VIRTUAL TABLE IF NOT EXISTS review_terms USING fts5(terms, content='review_messagefacts', "
    "content_rowid='id', tokenize='unicode61 remove_diacritics 0', prefix='2 3 4')",
    "CREATE TRIGGER IF NOT EXISTS review_terms_added AFTER INSERT ON review_messagefacts BEGIN "
    "INSERT INTO review_terms (rowid, terms) VALUES (NEW.id, NEW.terms); END",
    "CREATE TRIGGER IF NOT EXISTS review_terms_removed AFTER DELETE ON review_messagefacts BEGIN "
    "INSERT INTO review_terms (review_terms, rowid, terms) VALUES ('delete', OLD.id, OLD.terms); END",
    "CREATE TRIGGER IF NOT EXISTS review_terms_changed AFTER UPDATE OF terms ON review_messagefacts BEGIN "
    "INSERT INTO review_terms (review_terms, rowid, terms) VALUES ('delete', OLD.id, OLD.terms); "
    "INSERT INTO review_terms (rowid, terms) VALUES (NEW.id, NEW.terms); END",
)
_POSTGRES = (
    "CREATE OR REPLACE FUNCTION review_vector(terms text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE "
    "AS $$ SELECT array_to_tsvector(array_remove(string_to_array(terms, ' '), '')) $$",
    "CREATE INDEX IF NOT EXISTS review_terms ON review_messagefacts USING gin (review_vector(terms)) "
    "WITH (fastupdate = off)",
    "CREATE OR REPLACE FUNCTION review_message_pending() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO review_pendingmessage (message_id) VALUES (NEW.id); RETURN NULL; END $$",
    "CREATE OR REPLACE FUNCTION review_handoff_pending() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"INSERT INTO review_pendingmessage (message_id) {_LAST_PATIENT_MESSAGE}; RETURN NULL; END $$",
    "CREATE OR REPLACE TRIGGER review_message_added AFTER INSERT ON conversations_message "
    "FOR EACH ROW EXECUTE FUNCTION review_message_pending()",
    f"CREATE OR REPLACE TRIGGER review_message_changed AFTER UPDATE OF {', '.join(WATCHED)} ON conversations_message "
    "FOR EACH ROW EXECUTE FUNCTION review_message_pending()",
    "CREATE OR REPLACE TRIGGER review_handoff_added AFTER INSERT ON handoffs_handoff "
    "FOR EACH ROW EXECUTE FUNCTION review_handoff_pending()",
)


def ensure_triggers(using: str) -> None:
    """Make what is missing; nothing while this app's own tables are not there yet."""
    connection = connections[using]
    if "review_messagefacts" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for statement in _POSTGRES if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)
