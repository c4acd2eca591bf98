-- Addresses have one form to be compared by, and what they open follows who holds them now (docs/security.md).

ALTER TABLE users
  ADD COLUMN email_written text CHECK (length(email_written) BETWEEN 3 AND 254),
  ADD COLUMN email_joinable boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT users_joinable_email_check CHECK (email_verified OR NOT email_joinable);
COMMENT ON COLUMN users.email IS 'In its canonical form (shared/platform/mail/address.ts), to compare by and to mail to.';
COMMENT ON COLUMN users.email_written IS 'As the identity provider gave it, for people to read.';
COMMENT ON COLUMN users.email_joinable IS 'Identities of other providers may join by the address: it was verified when its identity first showed it.';
-- The Firebase account through which a Google identity signed in; it is deleted with the person.
ALTER TABLE identities ADD COLUMN firebase_uid text CHECK (length(firebase_uid) BETWEEN 1 AND 128);

UPDATE users SET email_written = email, email = lower(normalize(email)) WHERE email IS NOT NULL;
UPDATE identities SET email = lower(normalize(email)) WHERE email IS NOT NULL;
-- Google has verified every address before its first sign-in here; of Firebase's that is unknown for those who came before.
UPDATE users u SET email_joinable = true
  WHERE email_verified AND EXISTS (
    SELECT FROM identities i WHERE i.user_id = u.id AND i.provider = 'google' AND i.email = u.email);

ALTER TABLE users ADD CONSTRAINT users_canonical_email_check CHECK (email !~ '[A-Z]');
ALTER TABLE identities ADD CONSTRAINT identities_canonical_email_check CHECK (email !~ '[A-Z]');
DROP INDEX users_verified_email_idx;
-- One account per verified address, however it signs in and however the address is written.
CREATE UNIQUE INDEX users_verified_email_idx ON users (email) WHERE email_verified;

-- Who is invited may have no account yet: the address stays until the code is confirmed or over, since confirming asks who holds it then.
ALTER TABLE invitations
  DROP CONSTRAINT invitations_address_check,
  ADD CONSTRAINT invitations_address_check CHECK (mail_state <> 'pending' OR recipient_email IS NOT NULL);
COMMENT ON COLUMN invitations.recipient_id IS 'The account that held the address when the code was mailed; null when none did.';
CREATE INDEX invitations_with_address_idx ON invitations (expires_at) WHERE recipient_email IS NOT NULL;
