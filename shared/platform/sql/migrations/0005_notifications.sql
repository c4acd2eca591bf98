-- Push messages: the devices they go to, the events that phones are notified of, and each delivery of an event to a device. `notify` writes
-- events and deliveries; `sweep` publishes again what waits, and deletes what is old.

-- A device belongs to the session that registered it and ends with it; registering it again moves it to that session.
CREATE TABLE devices (
  user_id text NOT NULL,
  -- Chosen by the phone, so it is unique per person only.
  id text NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
  session_id text NOT NULL,
  platform text NOT NULL CHECK (platform IN ('ios', 'android', 'web')),
  -- A push token belongs to the person who registered it last.
  push_token text NOT NULL UNIQUE CHECK (length(push_token) BETWEEN 1 AND 1024),
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, id),
  FOREIGN KEY (session_id, user_id) REFERENCES sessions (id, user_id) ON DELETE CASCADE
);
CREATE INDEX devices_session_id_idx ON devices (session_id);

-- With the owner's rights: who ends sessions need not be able to delete devices. For the same reason no one else may build a trigger of it.
CREATE FUNCTION delete_devices_of_session() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM public.devices WHERE session_id = new.id;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION delete_devices_of_session() FROM PUBLIC;

-- In the transaction that ends the session, whichever code path ends it.
CREATE TRIGGER sessions_ended_trigger AFTER UPDATE OF ended_at ON sessions
  FOR EACH ROW WHEN (new.ended_at IS NOT NULL)
  EXECUTE FUNCTION delete_devices_of_session();

-- An event as Pub/Sub delivered it, kept for as long as Pub/Sub may deliver it again. It goes with the space or the person it is about.
CREATE TABLE notifications (
  event_id text PRIMARY KEY CHECK (length(event_id) BETWEEN 1 AND 120),
  event jsonb NOT NULL,
  space_id text REFERENCES spaces (id) ON DELETE CASCADE,
  user_id text REFERENCES users (id) ON DELETE CASCADE,
  received_at timestamptz NOT NULL,
  CONSTRAINT notifications_subject_check CHECK (num_nonnulls(space_id, user_id) = 1)
);
CREATE INDEX notifications_space_id_idx ON notifications (space_id);
CREATE INDEX notifications_user_id_idx ON notifications (user_id);
CREATE INDEX notifications_received_at_idx ON notifications (received_at);

-- The primary key is the rule that a device is notified of an event once.
CREATE TABLE notification_deliveries (
  event_id text NOT NULL REFERENCES notifications (event_id) ON DELETE CASCADE,
  user_id text NOT NULL,
  device_id text NOT NULL,
  -- Later than the event, at the end of the person's quiet hours, when the event came in them.
  due_at timestamptz NOT NULL,
  -- The sender has claimed it until then; a crashed sender's claim runs out.
  claimed_until timestamptz,
  -- refused: the message can't be delivered to this device. withdrawn: the person may not get it any more, or it is too old.
  outcome text CHECK (outcome IN ('sent', 'refused', 'withdrawn')),
  ended_at timestamptz,
  PRIMARY KEY (event_id, user_id, device_id),
  FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, id) ON DELETE CASCADE,
  CONSTRAINT notification_deliveries_end_check CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
CREATE INDEX notification_deliveries_user_id_device_id_idx ON notification_deliveries (user_id, device_id);
CREATE INDEX notification_deliveries_open_idx ON notification_deliveries (due_at) WHERE ended_at IS NULL;
