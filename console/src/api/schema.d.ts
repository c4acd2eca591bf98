// Generated from the OpenAPI document by `npm run client`. Don't edit.
export interface paths {
    "/v1/auth/firebase-token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A Firebase custom token, to listen to one's own jobs in Firestore */
        post: operations["createListenerToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/google": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Begin to sign in with Google, in the system's browser */
        get: operations["beginGoogleSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/google/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where Google sends the browser back to */
        get: operations["finishGoogleSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The public keys of access tokens: the current one, and those of a rotation under way */
        get: operations["listPublicKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where this person is signed in, newest first */
        get: operations["listSessions"];
        put?: never;
        /** Sign in */
        post: operations["createSession"];
        /** Sign out everywhere, here included */
        delete: operations["signOutEverywhere"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign out one session: by its id, or `current` */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Spend a refresh token and get its successor
         * @description `Idempotency-Key` is the attempt key: a random value that the phone stores before it asks, and sends again when it asks again. A spent token with its own key gives the same successor until that is used. With another key it ends the session.
         */
        post: operations["refreshTokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether an access token is good; for a reverse proxy's sub-request */
        get: operations["verifyAccessToken"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/badges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A month of badges and the running streak
         * @description One's own; for a care giver those of the group's recipient. This month unless year and month are given.
         */
        get: operations["listBadges"];
        put?: never;
        /**
         * Earn today's badge
         * @description For care recipients, once a day in their own time zone. The type is drawn when none is named.
         */
        post: operations["earnBadge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Have push messages sent to this device */
        put: operations["registerDevice"];
        post?: never;
        /** No more push messages to this device */
        delete: operations["forgetDevice"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/game-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A player's sessions of games, latest first */
        get: operations["listGameSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/group": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The care group one is in */
        get: operations["getGroup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/group/members/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Leave the group (a giver, oneself) or remove a giver (the recipient) */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask to care for a person
         * @description For care givers whose own address is verified. The address is mailed a code to read to the giver, and how to begin if it has no account yet. The answer is the same in every case.
         */
        post: operations["invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invitations/{id}/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Bind the care group with the code the recipient read out */
        post: operations["confirmInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A space's jobs, newest first */
        get: operations["listJobs"];
        put?: never;
        /** Submit a job */
        post: operations["submitJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One job */
        get: operations["getJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel a job that has not ended */
        post: operations["cancelJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch a job: server-sent events
         * @description The second choice: a phone that can, listens to the job's document in Firestore (POST /v1/auth/firebase-token), which sends a change as it happens and takes no request. Each instance of the function limits its streams, of one account and in all; over a limit the answer is 429 with Retry-After. Ask at the job's `eventsUrl`, where events flow as they happen: the one origin may hold a stream back until its end.
         */
        get: operations["streamJobEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start a failed or cancelled job again */
        post: operations["retryJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own profile */
        get: operations["getMe"];
        put?: never;
        post?: never;
        /**
         * Erase one's account, for good
         * @description The personal space and a recipient's group go with them, with everything in it, and so does a space that no one else is in. What they made for other spaces stays there, without their name.
         */
        delete: operations["eraseMe"];
        options?: never;
        head?: never;
        /** Enrol, or change the profile */
        patch: operations["changeMe"];
        trace?: never;
    };
    "/v1/me/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything that is kept of oneself, with links to the files
         * @description Answered within a minute, with at most 1,000 items of each list. A recipient gets all of the group's things, a giver those they made. Links work for 15 minutes. One answer links about 300 files; `url` is null for the others, and `nextCursor` asks for them.
         */
        get: operations["exportMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How a metric of a player changes over days or weeks */
        get: operations["getProgress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/resources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A space's resources and the samples, newest first */
        get: operations["listResources"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/resources/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One resource, with URLs to its files; its ETag is for PATCH */
        get: operations["getResource"];
        put?: never;
        post?: never;
        /** Delete a resource for good, with the VR videos that have it as their scene */
        delete: operations["deleteResource"];
        options?: never;
        head?: never;
        /** Give a resource another title */
        patch: operations["renameResource"];
        trace?: never;
    };
    "/v1/spaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The spaces one is in
         * @description Everyone has a personal space, and is in one care group at most. What is uploaded, submitted or listed belongs to one space: the one that `spaceId` names, or else the care group, or else the personal space.
         */
        get: operations["listSpaces"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One space */
        get: operations["getSpace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{id}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What changed in a space
         * @description For an app that keeps a copy: of each thing that changed after `after` its last change, in their order; ask again with `nextSeq` until there are no items. A thing that changes again moves to the end of the log, so numbers are left out, and no thing's last state is missed. Changes are kept for 30 days. Samples belong to no space and are in no log. An app that listens to Firestore's `feeds/{id}` needs to ask only when its `seq` rises.
         */
        get: operations["listChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/spaces/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch a space: what changes in it, as server-sent events
         * @description The second choice: a phone that can, listens to `feeds/{id}` in Firestore (POST /v1/auth/firebase-token) and asks for the space's changes when its `seq` rises. The events are those of GET /v1/spaces/{id}/changes. Limits, and where to ask, are as for a job's events.
         */
        get: operations["streamSpaceEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Engines and lines, for everyone */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign the URL of one upload */
        post: operations["createUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of an upload */
        get: operations["getUpload"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{id}/renew": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign new URLs for an upload whose bytes have not arrived
         * @description What was announced stays: size, type, object, checksum. A resumable session that was started goes on with its own URL and needs no renewal. 409 `upload_over` when the bytes have arrived, were rejected, or the upload's time is over.
         */
        post: operations["renewUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vr-videos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A space's VR videos, newest first */
        get: operations["listVrVideos"];
        put?: never;
        /** Put a scene and avatars together */
        post: operations["createVrVideo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/vr-videos/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One VR video, with everything a viewer needs; its ETag is for PATCH */
        get: operations["getVrVideo"];
        put?: never;
        post?: never;
        /** Delete a VR video; its resources stay */
        delete: operations["deleteVrVideo"];
        options?: never;
        head?: never;
        /** Save a VR video's title, or where its scene and avatars stand */
        patch: operations["changeVrVideo"];
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Badge: {
            /**
             * Format: date
             * @description The day it counts for, in the recipient's time zone.
             */
            date: string;
            /** Format: date-time */
            earnedAt: string;
            id: string;
            /** @enum {string} */
            type: "GREAT_JOB" | "EXCELLENT_WORK" | "LOVELY";
        };
        BadgeMonth: {
            items: components["schemas"]["Badge"][];
            /** @description Days in a row, up to today or else yesterday. */
            streak: number;
        };
        Change: {
            /** Format: date-time */
            at: string;
            /** @description Of the resource, VR video, job or badge; for a member, the person's id. */
            id: string;
            /**
             * @description `put`: look at it again. `delete`: it is not there any more.
             * @enum {string}
             */
            op: "put" | "delete";
            /** @description Counts the space's changes, from 1. */
            seq: number;
            /** @enum {string} */
            type: "resource" | "vr_video" | "job" | "member" | "badge";
        };
        Changes: {
            items: components["schemas"]["Change"][];
            /** @description `after` of the next request. */
            nextSeq: number;
            /** @description The log doesn't reach back to `after`, and there are no items: list everything, then ask for what came after `nextSeq`. */
            reset: boolean;
        };
        ChangeVrVideo: {
            /** @description Take the place of all avatars that are shown; one that can't be shown at the moment stays. */
            avatars?: {
                resourceId: string;
                transform: components["schemas"]["GivenTransform"];
            }[];
            scene?: {
                resourceId: string;
                transform: components["schemas"]["GivenTransform"];
            };
            title?: string;
        };
        CreatedUpload: {
            /**
             * Format: date-time
             * @description Until when the URLs can be used.
             */
            expiresAt: string;
            /** @description Send exactly these; they are part of the signature. */
            headers: {
                [key: string]: string;
            };
            id: string;
            /** @enum {string} */
            method: "PUT" | "POST";
            /** @description POST here to start a resumable upload; the Location it answers takes the bytes, for days. */
            resumable: {
                /** @description Send exactly these; they are part of the signature. */
                headers: {
                    [key: string]: string;
                };
                /** Format: uri */
                url: string;
            };
            /** Format: uri */
            url: string;
        };
        CreateVrVideo: {
            avatars: {
                resourceId: string;
                transform: components["schemas"]["GivenTransform"];
            }[];
            scene: {
                resourceId: string;
                transform: components["schemas"]["GivenTransform"];
            };
            /** @description Left out: the care group, or else the personal space. */
            spaceId?: string;
            title: string;
        };
        Device: {
            id?: string;
            name?: string;
            /** @enum {string} */
            platform?: "ios" | "android" | "web";
        };
        Erasure: {
            /** @description False while something is left; it goes by itself. */
            complete: boolean;
            /** Format: date-time */
            requestedAt: string;
            /** @description How many of what went; bytes are those of objects. */
            took: {
                [key: string]: number;
            };
        };
        Export: {
            /** @description Whether nothing was left out. */
            complete: boolean;
            /** Format: date-time */
            exportedAt: string;
            /** Format: date-time */
            linksExpireAt: string;
            /** @description Asks for the same document with the links that this one doesn't have; null after the last. */
            nextCursor: string | null;
            /** @description Lists that had more than fit. */
            truncated: string[];
        } & {
            [key: string]: unknown;
        };
        GameSession: {
            channels: {
                metrics: {
                    [key: string]: {
                        /** @description Why there is no value. */
                        reason?: string;
                        unit: string;
                        value: number | null;
                    };
                };
                name: string;
            }[];
            /** @description The part of the samples that arrived, from 0 to 1. */
            coverage: number;
            durationSeconds: number;
            game: string;
            /** @description The resource's. */
            id: string;
            level: string | null;
            playerId: string;
            sampleRateHz: number;
            score: number;
            /** Format: date-time */
            startedAt: string;
        };
        GivenTransform: {
            position: [
                number,
                number,
                number
            ] | {
                x: number;
                y: number;
                z: number;
            };
            rotation: [
                number,
                number,
                number,
                number
            ] | {
                w: number;
                x: number;
                y: number;
                z: number;
            };
            scale: [
                number,
                number,
                number
            ] | {
                x: number;
                y: number;
                z: number;
            } | number;
        };
        Group: {
            /** Format: date-time */
            createdAt: string;
            /** @description In the order they joined. */
            givers: components["schemas"]["Member"][];
            id: string;
            recipient: components["schemas"]["Member"];
        };
        /** @description Small content, sent with the job: at most 131072 bytes in all of its inputs, decoded. */
        InlineInput: {
            /** @description The content in base64 with padding (RFC 4648, section 4). */
            base64: string;
            contentType: string;
        };
        Invitation: {
            /**
             * Format: date-time
             * @description Until when the code counts.
             */
            expiresAt: string;
            id: string;
        };
        Job: {
            attempt: number;
            /** Format: date-time */
            createdAt: string;
            /** @description Why the job failed; null unless it did. */
            error: {
                /** @description Stable, in snake_case; engines may have codes of their own. */
                code: string;
                /** @description What happened and what helps, in the language of Accept-Language; English for an engine's own code. */
                message: string;
            } | null;
            /** Format: date-time */
            estimatedDoneAt: string | null;
            /** Format: date-time */
            estimatedStartAt: string | null;
            /** @description Where the job's event stream flows as it happens (streamJobEvents); the one origin may hold it back until it ends. */
            eventsUrl: string;
            /** Format: date-time */
            finishedAt: string | null;
            id: string;
            inputs: {
                [key: string]: {
                    /** @enum {string} */
                    state: "waiting" | "received" | "rejected";
                    uploadId: string;
                };
            };
            kind: string;
            maxAttempts: number;
            params: {
                [key: string]: unknown;
            };
            /** @description Place in line, from 1; null unless queued. */
            position: number | null;
            progress: {
                fraction: number;
                stage: string | null;
            } | null;
            /** @description The resource this job becomes; answers 404 until it is there. */
            resourceId: string;
            spaceId: string;
            /** @enum {string} */
            state: "awaiting_upload" | "queued" | "running" | "succeeded" | "failed" | "cancelled";
            title: string;
            /** Format: date-time */
            updatedAt: string;
        };
        Keys: {
            keys: {
                /** @enum {string} */
                alg: "ES256";
                /** @enum {string} */
                crv: "P-256";
                kid: string;
                /** @enum {string} */
                kty: "EC";
                /** @enum {string} */
                use: "sig";
                x: string;
                y: string;
            }[];
        };
        ListedResource: {
            /**
             * Format: date-time
             * @description When the job was completed.
             */
            createdAt: string;
            data: {
                [key: string]: unknown;
            } | null;
            /** @description `GET /v1/resources/{id}` has their URLs. */
            files: {
                contentType: string;
                /** @description As the engine named it; files refer to each other by these names. */
                name: string;
                /**
                 * @description A viewer opens the model.
                 * @enum {string}
                 */
                role: "model" | "companion" | "poster";
                /** @description Bytes. */
                size: number;
            }[];
            id: string;
            isSample: boolean;
            kind: string;
            params: {
                [key: string]: unknown;
            };
            /** @description Null also while its URL can't be signed. */
            poster: {
                /**
                 * Format: uri
                 * @description Reads the picture until urlsExpireAt; needs no token.
                 */
                url: string;
            } | null;
            /** @description Null for a sample. */
            spaceId: string | null;
            title: string;
            /** Format: date-time */
            urlsExpireAt: string;
        };
        ListenerToken: {
            token: string;
        };
        Me: {
            /** Format: date-time */
            createdAt: string;
            email: string | null;
            emailVerified: boolean;
            /** @description Whether the role is chosen. */
            enrolled: boolean;
            id: string;
            /** @enum {string} */
            language: "en" | "ko";
            name: string | null;
            /** @description Whether push messages say that a best score was beaten. */
            notifyBests: boolean;
            /** @description No push messages in this span; it may pass midnight. */
            quietHours: {
                from: string;
                to: string;
            } | null;
            /** @enum {string|null} */
            role: "care_giver" | "care_recipient" | null;
            timeZone: string;
        };
        Member: {
            email: string | null;
            id: string;
            name: string | null;
        };
        Problem: {
            /** @description Stable, in snake_case. */
            code: string;
            detail: string;
            /** @description Which values of the request were wrong, and what was expected there. */
            errors?: {
                message: string;
                path: string;
            }[];
            requestId: string;
            status: number;
            /** @description For people; may change. */
            title: string;
            /** @description Where the code is explained, relative to the origin. */
            type: string;
        };
        Progress: {
            items: {
                median: number;
                /** @description Sessions with a value. */
                n: number;
                /**
                 * Format: date
                 * @description The day, or the week's Monday, in the player's time zone.
                 */
                startsOn: string;
            }[];
            /** @description Sessions in all items. */
            n: number;
            /** @description Theil–Sen slope through the medians; null without two of them. */
            slopePerWeek: number | null;
        };
        Resource: {
            /**
             * Format: date-time
             * @description When the job was completed.
             */
            createdAt: string;
            data: {
                [key: string]: unknown;
            } | null;
            files: {
                contentType: string;
                /** @description As the engine named it; files refer to each other by these names. */
                name: string;
                /**
                 * @description A viewer opens the model.
                 * @enum {string}
                 */
                role: "model" | "companion" | "poster";
                /** @description Bytes. */
                size: number;
                /**
                 * Format: uri
                 * @description Reads the file until urlsExpireAt; needs no token. Absent while it can't be signed: ask again.
                 */
                url?: string;
            }[];
            id: string;
            isSample: boolean;
            kind: string;
            params: {
                [key: string]: unknown;
            };
            /** @description Null for a sample. */
            spaceId: string | null;
            title: string;
            /** Format: date-time */
            urlsExpireAt: string;
        };
        Session: {
            /** Format: date-time */
            createdAt: string;
            current: boolean;
            device: components["schemas"]["Device"];
            id: string;
            /**
             * Format: date-time
             * @description When its tokens were last refreshed.
             */
            lastUsedAt: string;
        };
        Space: {
            id: string;
            /** @description In the order they joined, the first 200. */
            members: {
                id: string;
                name: string | null;
                /** @enum {string} */
                role: "recipient" | "giver" | "owner" | "member";
            }[];
            /**
             * @description The caller's.
             * @enum {string}
             */
            role: "recipient" | "giver" | "owner" | "member";
            /** @description Of the space's last change: `after` for `GET /v1/spaces/{id}/changes`. */
            seq: number;
            /** @description A care group and a personal space are called after their owner. */
            title: string | null;
            /** @enum {string} */
            type: "care" | "personal" | "conversation" | "site";
        };
        Tokens: {
            /** @description Send as `Authorization: Bearer`; lives ten minutes. */
            accessToken: string;
            /** @description Seconds. */
            expiresIn: number;
            /** @description Spend it once, at POST /v1/auth/tokens. */
            refreshToken: string;
            session: {
                id: string;
            };
            /** @enum {string} */
            tokenType: "Bearer";
            user: {
                email: string | null;
                /** @description Whether the role has been chosen. */
                enrolled: boolean;
                id: string;
                name: string | null;
                /** @enum {string|null} */
                role: "care_giver" | "care_recipient" | null;
            };
        };
        Transform: {
            position: [
                number,
                number,
                number
            ];
            rotation: [
                number,
                number,
                number,
                number
            ];
            scale: [
                number,
                number,
                number
            ];
        };
        UploadState: {
            /**
             * Format: date-time
             * @description Until when the bytes can come and the URLs can be renewed.
             */
            expiresAt: string;
            reason?: {
                code: string;
                /** @description What happened and what helps, in the language of Accept-Language. */
                message: string;
            };
            /** @enum {string} */
            state: "pending" | "received" | "rejected";
            /**
             * Format: date-time
             * @description Until when the URLs that were signed last can be used.
             */
            urlExpiresAt: string;
        };
        /** @description Content that is fetched from a URL after the job was taken: at most 1073741824 bytes, without a content encoding, over at most 3 redirects. */
        UrlInput: {
            /** @description An https URL of a public host, at port 443, without user and password. */
            url: string;
        };
        ViewableVrVideo: components["schemas"]["VrVideo"] & {
            avatars?: {
                resource: components["schemas"]["Resource"];
                resourceId: string;
                transform: components["schemas"]["Transform"];
            }[];
            scene?: {
                resource: components["schemas"]["Resource"];
                resourceId: string;
                transform: components["schemas"]["Transform"];
            };
            /**
             * Format: date-time
             * @description When the first of all these files' URLs ends.
             */
            urlsExpireAt: string;
        };
        VrVideo: {
            avatars: {
                resourceId: string;
                transform: components["schemas"]["Transform"];
            }[];
            /** Format: date-time */
            createdAt: string;
            id: string;
            scene: {
                resourceId: string;
                transform: components["schemas"]["Transform"];
            };
            spaceId: string;
            title: string;
        };
    };
    responses: {
        /** @description Any other error, of a kind that may be added later. */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    createListenerToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sign in to Firebase with it, within an hour. It can't be used to sign in here. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListenerToken"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    beginGoogleSignIn: {
        parameters: {
            query: {
                /** @description Of the app's own code verifier (RFC 7636). */
                code_challenge: string;
                code_challenge_method?: "S256";
                /** @description A registered app link, character by character. */
                redirect_uri: string;
                /** @description Comes back with the app link. */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description To Google. */
            302: {
                headers: {
                    location: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    finishGoogleSignIn: {
        parameters: {
            query?: {
                code?: string;
                error?: string;
                iss?: string;
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description To the app link, with `code` (good for 60 seconds, at POST /v1/auth/sessions), or with `error`: access_denied, identity_rejected, email_unverified or unavailable. */
            302: {
                headers: {
                    location: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listPublicKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A JSON Web Key Set (RFC 7517). */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Keys"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listSessions: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Session"][];
                        /** @description Send it as `cursor` for the next page; null on the last. */
                        nextCursor: string | null;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    device?: components["schemas"]["Device"];
                    /** @description As the provider's SDK gave it to the app. */
                    idToken: string;
                    /** @description Required, and only allowed, when the ID token was asked for with one. */
                    nonce?: string;
                    /** @enum {string} */
                    provider: "google";
                } | {
                    device?: components["schemas"]["Device"];
                    /** @description As the provider's SDK gave it to the app. */
                    idToken: string;
                    /** @enum {string} */
                    provider: "firebase";
                } | {
                    /** @description From the app link that ended the browser flow. */
                    code: string;
                    /** @description Of the code_challenge that the flow was begun with (RFC 7636). */
                    codeVerifier: string;
                    device?: components["schemas"]["Device"];
                    /** @enum {string} */
                    provider: "code";
                };
            };
        };
        responses: {
            /** @description Signed in. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    signOutEverywhere: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All sessions have ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It has ended, now or before. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    refreshTokens: {
        parameters: {
            query?: never;
            header?: {
                /** @description Required. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    refreshToken: string;
                };
            };
        };
        responses: {
            /** @description Fresh tokens. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    verifyAccessToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is. */
            204: {
                headers: {
                    /** @description JSON in ASCII: `{"sub", "sid", "role"}`; role is null before enrolment. */
                    "x-user-claim": string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listBadges: {
        parameters: {
            query?: {
                month?: number;
                year?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BadgeMonth"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    earnBadge: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body get the first answer again, for 24 hours. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    type?: "GREAT_JOB" | "EXCELLENT_WORK" | "LOVELY";
                };
            };
        };
        responses: {
            /** @description The badge. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Badge"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    registerDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Chosen by the phone: its own id for this installation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    platform: "ios" | "android" | "web";
                    pushToken: string;
                };
            };
        };
        responses: {
            /** @description Registered; the token is no one else's any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    forgetDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Forgotten. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listGameSessions: {
        parameters: {
            query?: {
                cursor?: string;
                /** @description Sessions that began at this time or later. */
                from?: string;
                game?: string;
                limit?: number;
                /** @description A member of the space; the caller when left out. */
                playerId?: string;
                /** @description Left out: the care group, or else the personal space. */
                spaceId?: string;
                /** @description Sessions that began before this time. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["GameSession"][];
                        /** @description Send it as `cursor` for the next page; null on the last. */
                        nextCursor: string | null;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getGroup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The group. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No member any more, from this moment. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    invite: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body get the first answer again, for 24 hours. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: idn-email
                     * @description Blanks around it and case don't matter. Letters of any script; international domains in either form.
                     */
                    recipientEmail: string;
                };
            };
        };
        responses: {
            /** @description Noted. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    confirmInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body get the first answer again, for 24 hours. */
                "idempotency-key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Case, spaces and hyphens don't matter. */
                    code: string;
                };
            };
        };
        responses: {
            /** @description The care group. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listJobs: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                /** @description Left out: the care group, or else the personal space. */
                spaceId?: string;
                state?: "awaiting_upload" | "queued" | "running" | "succeeded" | "failed" | "cancelled";
            };
            header?: {
                /** @description The language of sentences for people: one of en, ko. English by default. */
                "accept-language"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Job"][];
                        /** @description Send it as `cursor` for the next page; null on the last. */
                        nextCursor: string | null;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    submitJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body get the first answer again, for 24 hours. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description For each role that the kind has: the id of an upload, the content itself, or where it is. */
                    inputs: {
                        [key: string]: string | components["schemas"]["InlineInput"] | components["schemas"]["UrlInput"];
                    };
                    kind: string;
                    /** @default {} */
                    params?: {
                        [key: string]: unknown;
                    };
                    /** @description Left out: the space of the uploads; without one the care group, or else the personal space. */
                    spaceId?: string;
                    title: string;
                };
            };
        };
        responses: {
            /** @description Taken, and never lost from here on; the uploads may still be on their way. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description The language of sentences for people: one of en, ko. English by default. */
                "accept-language"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    streamJobEvents: {
        parameters: {
            query?: never;
            header?: {
                /** @description The language of sentences for people: one of en, ko. English by default. */
                "accept-language"?: string;
                "last-event-id"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job at each change, as event `job`. Ends with the job, or after 25 s; resume with Last-Event-ID. Session and membership are checked every 10 s, and the stream ends when one has ended; while the database doesn't answer, the stream goes on until its 25 s are over. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description The job has ended and its end was heard: there is nothing to wait for. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    retryJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The profile. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    eraseMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of it is gone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            /** @description The account is gone; some of what belonged to it is still going. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    changeMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    language?: "en" | "ko";
                    /** @example Mina */
                    name?: string;
                    notifyBests?: boolean;
                    quietHours?: {
                        from: string;
                        to: string;
                    } | null;
                    /**
                     * @description Set once.
                     * @enum {string}
                     */
                    role?: "care_giver" | "care_recipient";
                    /** @example Asia/Seoul */
                    timeZone?: string;
                };
            };
        };
        responses: {
            /** @description The profile as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    exportMe: {
        parameters: {
            query?: {
                /** @description An earlier `nextCursor`. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getProgress: {
        parameters: {
            query: {
                bucket?: "day" | "week";
                /** @description Empty for `score` and `coverage`, which are of the whole session. */
                channel?: string;
                game: string;
                metric: string;
                /** @description A member of the space; the caller when left out. */
                playerId?: string;
                /** @description Left out: the care group, or else the personal space. */
                spaceId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Medians, earliest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listResources: {
        parameters: {
            query?: {
                cursor?: string;
                kind?: string;
                limit?: number;
                /** @description Words of the title, or their beginnings; case and accents don't count. */
                q?: string;
                /** @description Left out: the care group, or else the personal space. */
                spaceId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ListedResource"][];
                        /** @description Send it as `cursor` for the next page; null on the last. */
                        nextCursor: string | null;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getResource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The resource. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Resource"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteResource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    renameResource: {
        parameters: {
            query?: never;
            header?: {
                /** @description Required: the `ETag` of the answer that is being changed; or several, or `*` for any state. */
                "if-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    title: string;
                };
            };
        };
        responses: {
            /** @description The resource as it is now, with its new ETag. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Resource"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listSpaces: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In the order in which one joined. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Space"][];
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getSpace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The space. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Space"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listChanges: {
        parameters: {
            query?: {
                /** @description `nextSeq` of the answer before; 0, or left out, for all changes. */
                after?: number | null;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The changes, the oldest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Changes"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    streamSpaceEvents: {
        parameters: {
            query?: {
                /** @description The number after which the events begin; 0, or left out, for all changes. Last-Event-ID takes its place. */
                after?: number | null;
            };
            header?: {
                "last-event-id"?: number | null;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Each change as event `change`, as in the list; its id is its `seq`. Event `reset` when the log doesn't reach back so far: list everything, what changes meanwhile follows. Ends after 25 s; resume with Last-Event-ID. Session and membership are checked every 10 s. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Some seconds old at most. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        at: string;
                        engines: {
                            busy: number;
                            idle: number;
                            silent: number;
                        };
                        kinds: {
                            [key: string]: {
                                /** @description Engines, or whole accounts of engines, that failed everything and get one job now and then. */
                                paused: number;
                                running: number;
                                waiting: number;
                            };
                        };
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createUpload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    contentType: string;
                    crc32c?: string;
                    name?: string;
                    size: number;
                    /** @description Left out: the care group, or else the personal space. */
                    spaceId?: string;
                };
            };
        };
        responses: {
            /** @description Where and how to send the bytes. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedUpload"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description The language of sentences for people: one of en, ko. English by default. */
                "accept-language"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its state. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadState"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    renewUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description New URLs, as at first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedUpload"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listVrVideos: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                /** @description Left out: the care group, or else the personal space. */
                spaceId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["VrVideo"][];
                        /** @description Send it as `cursor` for the next page; null on the last. */
                        nextCursor: string | null;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createVrVideo: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body get the first answer again, for 24 hours. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateVrVideo"];
            };
        };
        responses: {
            /** @description The VR video. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VrVideo"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getVrVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The VR video. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ViewableVrVideo"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteVrVideo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    changeVrVideo: {
        parameters: {
            query?: never;
            header?: {
                /** @description Required: the `ETag` of the answer that is being changed; or several, or `*` for any state. */
                "if-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeVrVideo"];
            };
        };
        responses: {
            /** @description The VR video as it is now, with its new ETag. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VrVideo"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
}
