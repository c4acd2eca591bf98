-- The library: what engines made, kept in step with results/{jobId} in Firestore by sync, and the VR videos people compose of it.

-- The last version of each result that SQL has seen, whether it is still there or not. A resource's row may go, this one stays, so
-- that an event which comes late or twice finds out that it is old.
CREATE TABLE result_versions (
  -- In the order of bytes, as Firestore sorts ids, so that the audit can walk both stores side by side.
  job_id text COLLATE "C" PRIMARY KEY CHECK (length(job_id) BETWEEN 1 AND 1500),
  -- Firestore's update time of the document, or the read time at which it was seen to be gone; to the microsecond.
  version timestamptz NOT NULL,
  -- synced: resources has it. gone: the document was deleted. quarantined: what is there can't be read, and was put aside.
  -- sealed: deleted on purpose; nothing that arrives later brings it back.
  state text NOT NULL CHECK (state IN ('synced', 'gone', 'quarantined', 'sealed')),
  -- The last group it was known to belong to. Null for a sample, and where the document couldn't be read so far as to know.
  space_id text,
  -- When its event for phones was put into the outbox: once, however often the document comes, goes and changes.
  announced_at timestamptz
);
CREATE INDEX result_versions_by_space ON result_versions (space_id);

CREATE FUNCTION refuse_unsealing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a sealed result stays sealed' USING ERRCODE = 'check_violation', CONSTRAINT = 'result_versions_sealed_for_good';
END
$$;

CREATE TRIGGER result_versions_sealed_for_good BEFORE UPDATE OF state ON result_versions
  FOR EACH ROW WHEN (OLD.state = 'sealed' AND NEW.state <> 'sealed')
  EXECUTE FUNCTION refuse_unsealing();

-- Resources people deleted, until the document and the objects are gone too; sweep finishes what a crash left.
CREATE TABLE removals (
  job_id text COLLATE "C" PRIMARY KEY REFERENCES result_versions (job_id),
  -- What the objects' names begin with, in the bucket of resources; null when no group of theirs is known, and the document alone has to go.
  object_prefix text CHECK (object_prefix LIKE 'spaces/%/jobs/%/'),
  requested_at timestamptz NOT NULL
);

CREATE TABLE resources (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{20,40}$'),
  job_id text COLLATE "C" NOT NULL UNIQUE REFERENCES result_versions (job_id),
  -- Null for a sample, which every signed-in person sees.
  space_id text REFERENCES spaces (id) ON DELETE CASCADE,
  kind text NOT NULL,
  title text NOT NULL,
  params jsonb NOT NULL,
  data jsonb,
  -- Null once the person who made it was erased; the thing stays with the group.
  created_by text REFERENCES users (id) ON DELETE SET NULL,
  lease_number integer NOT NULL CHECK (lease_number > 0),
  completed_at timestamptz NOT NULL,
  -- While the document can't be read, the resource isn't shown; VR videos made of it wait.
  hidden boolean NOT NULL DEFAULT false
);
CREATE INDEX resources_by_space ON resources (space_id, completed_at DESC, id DESC);
CREATE INDEX resources_samples ON resources (completed_at DESC, id DESC) WHERE space_id IS NULL;
CREATE INDEX resources_by_creator ON resources (created_by);

CREATE TABLE resource_files (
  resource_id text NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
  object text NOT NULL CHECK (length(object) BETWEEN 1 AND 1024),
  content_type text NOT NULL,
  size bigint NOT NULL CHECK (size >= 0),
  crc32c text NOT NULL,
  generation text NOT NULL,
  PRIMARY KEY (resource_id, name)
);

CREATE TABLE vr_videos (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{20,40}$'),
  space_id text NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
  title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  -- Without its scene a VR video is nothing, so it goes with it.
  scene_id text NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  scene_transform jsonb NOT NULL,
  created_by text REFERENCES users (id) ON DELETE SET NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX vr_videos_by_space ON vr_videos (space_id, created_at DESC, id DESC);
CREATE INDEX vr_videos_by_scene ON vr_videos (scene_id);
CREATE INDEX vr_videos_by_creator ON vr_videos (created_by);

CREATE TABLE vr_avatars (
  vr_video_id text NOT NULL REFERENCES vr_videos (id) ON DELETE CASCADE,
  position smallint NOT NULL CHECK (position BETWEEN 0 AND 9),
  -- A VR video outlives one of its avatars; it is shown without.
  avatar_id text NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  transform jsonb NOT NULL,
  PRIMARY KEY (vr_video_id, position)
);
CREATE INDEX vr_avatars_by_avatar ON vr_avatars (avatar_id);
