-- The library: what engines made, kept in step with results/{jobId} in Firestore by `sync`, and the VR videos that people compose of it.

-- The last version of each result that SQL has seen, whether it is still there or not. A resource's row may go, this row stays, so
-- that an event which comes late or twice is recognised as old.
CREATE TABLE result_versions (
  -- In the order of bytes, as Firestore sorts ids, so that both stores can be compared side by side.
  job_id text COLLATE "C" PRIMARY KEY CHECK (length(job_id) BETWEEN 1 AND 1500),
  -- Firestore's update time of the document, or the read time at which it was seen to be gone; to the microsecond.
  version timestamptz NOT NULL,
  -- synced: `resources` has it. gone: the document was deleted. quarantined: the document can't be read; quarantine/{jobId} has it.
  -- erased: deleted on purpose; nothing that arrives later brings it back.
  state text NOT NULL CHECK (state IN ('synced', 'gone', 'quarantined', 'erased')),
  -- The last space it was known to belong to. Null for a sample, and where the document names no space that could be ours.
  space_id text,
  -- When its event for phones was put into the outbox: once, however often the document comes, goes and changes.
  notified_at timestamptz
);
CREATE INDEX result_versions_space_id_idx ON result_versions (space_id);

CREATE FUNCTION refuse_restoring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an erased result stays erased'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'result_versions_erased_for_good_trigger';
END
$$;

CREATE TRIGGER result_versions_erased_for_good_trigger BEFORE UPDATE OF state ON result_versions
  FOR EACH ROW WHEN (old.state = 'erased' AND new.state <> 'erased')
  EXECUTE FUNCTION refuse_restoring();

-- Erased results whose document and objects are not gone yet; `sweep` finishes what a crash left.
CREATE TABLE removals (
  job_id text COLLATE "C" PRIMARY KEY REFERENCES result_versions (job_id),
  -- The beginning of its objects' names in the bucket of resources; null when no space is known, and only the document has to go.
  object_prefix text CHECK (object_prefix LIKE 'spaces/%/jobs/%/'),
  requested_at timestamptz NOT NULL
);

CREATE TABLE resources (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{20,40}$'),
  job_id text COLLATE "C" NOT NULL UNIQUE REFERENCES result_versions (job_id),
  -- Null for a sample, which every signed-in person sees.
  space_id text REFERENCES spaces (id) ON DELETE CASCADE,
  kind text NOT NULL,
  -- As the result says.
  title text NOT NULL,
  -- What a person renamed it to; nothing that becomes of the result changes it.
  given_title text CHECK (length(given_title) BETWEEN 1 AND 200),
  -- Another one after each change that a person can see; the `ETag`.
  version text NOT NULL DEFAULT gen_random_uuid(),
  params jsonb NOT NULL,
  data jsonb,
  -- Null once the person who made it was erased; the resource stays with the space.
  created_by text REFERENCES users (id) ON DELETE SET NULL,
  lease_number integer NOT NULL CHECK (lease_number > 0),
  completed_at timestamptz NOT NULL,
  -- While the document can't be read, the resource isn't shown; VR videos made of it wait.
  hidden boolean NOT NULL DEFAULT false
);
CREATE INDEX resources_space_id_completed_at_idx ON resources (space_id, completed_at DESC, id DESC);
-- Plans are made as if each space had 5,000 resources. By their average, which is small, reading and sorting a whole space looks as cheap
-- as reading a page in the index's order, and then the list of a large space would be sorted for each page.
ALTER TABLE resources ALTER COLUMN space_id SET (n_distinct = -0.0002);
CREATE INDEX resources_space_id_kind_completed_at_idx ON resources (space_id, kind, completed_at DESC, id DESC);
CREATE INDEX resources_samples_idx ON resources (completed_at DESC, id DESC) WHERE space_id IS NULL;
CREATE INDEX resources_samples_kind_idx ON resources (kind, completed_at DESC, id DESC) WHERE space_id IS NULL;
CREATE INDEX resources_created_by_idx ON resources (created_by);

CREATE TABLE resource_files (
  resource_id text NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  -- As the engine named it; `length` counts code points.
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  role text NOT NULL CHECK (role IN ('model', 'companion', 'poster')),
  object text NOT NULL CHECK (length(object) BETWEEN 1 AND 1024),
  content_type text NOT NULL,
  size bigint NOT NULL CHECK (size >= 0),
  crc32c text NOT NULL,
  generation text NOT NULL,
  PRIMARY KEY (resource_id, name)
);
CREATE UNIQUE INDEX resource_files_one_model_idx ON resource_files (resource_id) WHERE role = 'model';
CREATE UNIQUE INDEX resource_files_one_poster_idx ON resource_files (resource_id) WHERE role = 'poster';

-- The words of resources' titles, as `shared/results/titleWords.ts` makes them, so that a search reads only the rows of its own space that begin as it does.
CREATE TABLE resource_words (
  -- The resource's space, or 'samples'.
  shelf text NOT NULL,
  word text COLLATE "C" NOT NULL,
  resource_id text NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  -- The resource's, so that a page is found without reading the others.
  completed_at timestamptz NOT NULL,
  PRIMARY KEY (shelf, word, resource_id) INCLUDE (completed_at)
);
CREATE INDEX resource_words_resource_id_idx ON resource_words (resource_id);

CREATE TABLE vr_videos (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{20,40}$'),
  space_id text NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  -- A VR video goes with its scene.
  scene_id text NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  scene_transform jsonb NOT NULL,
  -- Another one after each change; the `ETag`.
  version text NOT NULL DEFAULT gen_random_uuid(),
  created_by text REFERENCES users (id) ON DELETE SET NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX vr_videos_space_id_created_at_idx ON vr_videos (space_id, created_at DESC, id DESC);
ALTER TABLE vr_videos ALTER COLUMN space_id SET (n_distinct = -0.0002); -- as for resources
CREATE INDEX vr_videos_scene_id_idx ON vr_videos (scene_id);
CREATE INDEX vr_videos_created_by_idx ON vr_videos (created_by);

CREATE TABLE vr_video_avatars (
  vr_video_id text NOT NULL REFERENCES vr_videos (id) ON DELETE CASCADE,
  position smallint NOT NULL CHECK (position BETWEEN 0 AND 9),
  -- A VR video outlives each of its avatars; it is shown without.
  avatar_id text NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  transform jsonb NOT NULL,
  PRIMARY KEY (vr_video_id, position)
);
CREATE INDEX vr_video_avatars_avatar_id_idx ON vr_video_avatars (avatar_id);
