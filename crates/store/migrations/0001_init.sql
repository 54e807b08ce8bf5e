-- Times are milliseconds since 1970 in UTC. JSON is kept as text. Ids are version 7 UUIDs.

CREATE TABLE setting (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE organization (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- The last place given in the event log and in the audit log. Taken as the last thing before a commit.
    event_seq BIGINT NOT NULL,
    audit_seq BIGINT NOT NULL,
    -- The organization's data key, encrypted with the master key named here.
    data_key BYTEA NOT NULL,
    master_key_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE app_user (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX app_user_organization ON app_user (organization_id, id);

CREATE TABLE browser_session (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX browser_session_user ON browser_session (user_id);
CREATE INDEX browser_session_expiry ON browser_session (expires_at);

CREATE TABLE api_key (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    hint TEXT NOT NULL,
    key_hash BYTEA NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX api_key_organization ON api_key (organization_id, id);

CREATE TABLE audit (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    ip TEXT,
    PRIMARY KEY (organization_id, seq)
);

-- What a create answered, so that a repeat with the same key answers the same.
CREATE TABLE idempotency (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    principal TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    -- The id of what was made; the answer is read from it again.
    result UUID NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, principal, operation, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE account (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    provider TEXT NOT NULL,
    state TEXT NOT NULL,
    reason_code TEXT,
    reason_detail TEXT,
    state_since BIGINT NOT NULL,
    -- True when it should be connected: it is started again with the process.
    is_wanted BOOLEAN NOT NULL,
    phone TEXT,
    lid TEXT,
    push_name TEXT,
    pacing_per_minute BIGINT,
    pacing_burst BIGINT,
    bucket_millitokens BIGINT NOT NULL,
    bucket_at BIGINT NOT NULL,
    last_connected_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX account_organization ON account (organization_id, id);
CREATE INDEX account_wanted ON account (is_wanted, id);

CREATE TABLE account_state (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    reason_code TEXT,
    reason_detail TEXT,
    at BIGINT NOT NULL
);
CREATE INDEX account_state_account ON account_state (account_id, id);

-- Which node runs an account. Every write of protocol state is conditional on the epoch.
CREATE TABLE lease (
    account_id UUID NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX lease_owner ON lease (owner);

-- Credentials and Signal state of linked devices. Values are encrypted.
CREATE TABLE session_record (
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    key BYTEA NOT NULL,
    value BYTEA NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (account_id, kind, key)
);
CREATE INDEX session_record_expiry ON session_record (account_id, kind, expires_at);

CREATE TABLE contact (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    -- A name set here; the one they give themselves is push_name.
    name TEXT,
    push_name TEXT,
    phone TEXT,
    lid TEXT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX contact_phone ON contact (organization_id, phone);
CREATE UNIQUE INDEX contact_lid ON contact (organization_id, lid);

CREATE TABLE chat (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    -- Where messages go: chosen once, because WhatsApp drops a repeated id only in the same thread.
    address TEXT NOT NULL,
    is_group BOOLEAN NOT NULL,
    -- The subject of a group.
    subject TEXT,
    contact_id UUID REFERENCES contact (id),
    unread BIGINT NOT NULL,
    last_message_id UUID,
    last_message_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX chat_address ON chat (account_id, address);
CREATE UNIQUE INDEX chat_contact ON chat (account_id, contact_id);
CREATE INDEX chat_contact_only ON chat (contact_id);
CREATE INDEX chat_newest ON chat (organization_id, last_message_at, id);
CREATE INDEX chat_account_newest ON chat (account_id, last_message_at, id);

CREATE TABLE media (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    -- `ready`, `pending` (still at WhatsApp) or `failed`.
    state TEXT NOT NULL,
    -- SHA-256 of the content: its name on disk. Files with the same content are one file.
    sha256 BYTEA,
    mime TEXT NOT NULL,
    size BIGINT,
    file_name TEXT,
    -- Where it is at WhatsApp and its key, encrypted.
    remote BYTEA,
    error TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX media_content ON media (organization_id, sha256);

CREATE TABLE message (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    chat_id UUID NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
    direction TEXT NOT NULL,
    wa_id TEXT NOT NULL,
    -- Who wrote it, as a WhatsApp address; empty for this account.
    sender TEXT NOT NULL,
    contact_id UUID REFERENCES contact (id),
    push_name TEXT,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    media_id UUID REFERENCES media (id),
    reply_to UUID,
    -- WhatsApp's id of the message it answers, when we do not have that message.
    reply_to_wa_id TEXT,
    status TEXT NOT NULL,
    error_code TEXT,
    error_detail TEXT,
    attempts BIGINT NOT NULL,
    -- The place in the thread: WhatsApp's time, or ours for what is queued.
    at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    send_at BIGINT,
    sent_at BIGINT,
    delivered_at BIGINT,
    read_at BIGINT,
    -- When it was first handed to WhatsApp: from then on its content never changes.
    first_wire_at BIGINT,
    -- What the upload of its file gave, encrypted, so that a retry sends the same bytes.
    uploaded BYTEA
);
CREATE UNIQUE INDEX message_identity ON message (account_id, chat_id, sender, wa_id);
CREATE INDEX message_wa_id ON message (account_id, wa_id);
CREATE INDEX message_thread ON message (chat_id, at, id);
CREATE INDEX message_media ON message (media_id);

-- Work that waits. Rows are deleted when the work is done.
CREATE TABLE job (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    -- Who does it: work of an account is done where the account runs, work of a webhook one at a time for each lane.
    partition UUID NOT NULL,
    -- Work in one lane is done in the order of ids; only its head can be claimed.
    lane UUID NOT NULL,
    is_head BOOLEAN NOT NULL,
    is_running BOOLEAN NOT NULL,
    -- The start of the process that runs it; another start may take it over at once.
    claimed_by TEXT,
    -- What it is about: the id of the message, delivery or file.
    subject UUID NOT NULL,
    attempts BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX job_subject ON job (kind, subject);
CREATE INDEX job_due ON job (kind, partition, is_head, is_running, run_at, id);
CREATE INDEX job_kind_due ON job (kind, is_head, is_running, run_at, id);
CREATE INDEX job_lane ON job (kind, lane, id);

CREATE TABLE event (
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    account_id UUID,
    chat_id UUID,
    at BIGINT NOT NULL,
    -- The event as JSON: `{"type": …, "data": …}`.
    body TEXT NOT NULL,
    PRIMARY KEY (organization_id, seq)
);
CREATE UNIQUE INDEX event_id ON event (id);
CREATE INDEX event_age ON event (organization_id, at);

CREATE TABLE webhook (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    -- JSON lists.
    events TEXT NOT NULL,
    accounts TEXT NOT NULL,
    envelope TEXT NOT NULL,
    -- Encrypted.
    secret BYTEA NOT NULL,
    previous_secret BYTEA,
    previous_secret_until BIGINT,
    is_enabled BOOLEAN NOT NULL,
    disabled_reason TEXT,
    -- Since when every try has failed.
    failing_since BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX webhook_organization ON webhook (organization_id, id);

CREATE TABLE delivery (
    id UUID NOT NULL PRIMARY KEY,
    organization_id UUID NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
    webhook_id UUID NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    event_seq BIGINT NOT NULL,
    event_id UUID NOT NULL,
    event_name TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT,
    last_status BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX delivery_webhook ON delivery (webhook_id, id);
CREATE INDEX delivery_webhook_state ON delivery (webhook_id, state, id);
CREATE INDEX delivery_age ON delivery (finished_at);

CREATE TABLE attempt (
    delivery_id UUID NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    status BIGINT,
    error TEXT,
    PRIMARY KEY (delivery_id, number)
);

-- What WhatsApp said about a number, for a while.
CREATE TABLE number_check (
    account_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    phone TEXT NOT NULL,
    -- Null when it is not on WhatsApp.
    address TEXT,
    lid TEXT,
    checked_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, phone)
);
