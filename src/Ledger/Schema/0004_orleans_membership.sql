-- The silos of Orleans clusters, as its membership protocol keeps them: every change of a silo moves its cluster's
-- version on, and says with tags of which version and which row it believes. Silos alone write here; empty without them.

CREATE TABLE reflectdit.silo_clusters (
    cluster text PRIMARY KEY,
    version integer NOT NULL DEFAULT 0 CHECK (version >= 0),
    tag     uuid NOT NULL DEFAULT gen_random_uuid()          -- new with every version
);

CREATE TABLE reflectdit.silos (
    cluster       text NOT NULL REFERENCES reflectdit.silo_clusters ON DELETE CASCADE,
    address       text NOT NULL,                             -- ip:port@generation, never used again
    tag           uuid NOT NULL DEFAULT gen_random_uuid(),   -- new with every change but a heartbeat
    name          text NOT NULL,
    host          text NOT NULL,
    status        text NOT NULL,                             -- Orleans' SiloStatus
    gateway_port  integer NOT NULL CHECK (gateway_port >= 0),  -- 0: takes no clients
    suspected_by  text[] NOT NULL,
    suspected_at  timestamptz[] NOT NULL,
    started_at    timestamptz NOT NULL,
    alive_at      timestamptz NOT NULL,
    PRIMARY KEY (cluster, address),
    CHECK (cardinality(suspected_by) = cardinality(suspected_at))
);
