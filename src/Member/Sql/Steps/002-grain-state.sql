-- What grains remember. The engine turns keys that look like numbers into numbers; the hashes tell apart what is equal then.
CREATE TABLE IF NOT EXISTS krewe.grain_state (
    service_id text NOT NULL,
    state_name text NOT NULL,
    state_hash integer NOT NULL,
    key_hash integer NOT NULL,
    key_number_0 bigint NOT NULL,
    key_number_1 bigint NOT NULL,
    key_text text NOT NULL DEFAULT '',
    version integer NOT NULL,
    payload bytea,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key_hash, state_hash, key_number_1, key_number_0, key_text, state_name, service_id)
);
