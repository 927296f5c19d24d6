-- Who is in a cluster. The version of a cluster grows by one with every change of its members, but for the time of their last
-- word; a writer names the version it has read, and loses where another was faster.
CREATE TABLE IF NOT EXISTS krewe.cluster (
    cluster_id text PRIMARY KEY,
    version integer NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS krewe.member (
    cluster_id text NOT NULL REFERENCES krewe.cluster ON DELETE CASCADE,
    address text NOT NULL,
    port integer NOT NULL,
    generation integer NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    status integer NOT NULL,
    client_port integer NOT NULL,
    suspicions text,
    started_at timestamptz NOT NULL,
    heard_at timestamptz NOT NULL,
    PRIMARY KEY (cluster_id, address, port, generation)
);

-- The statements below live in the database because the engine looks for them there, under this name.
CREATE TABLE IF NOT EXISTS krewe.orleansquery (
    querykey text PRIMARY KEY,
    querytext text NOT NULL
);
