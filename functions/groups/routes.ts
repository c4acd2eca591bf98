import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { changeMeRoute } from "./changeMe.ts";
import { confirmInvitationRoute } from "./confirmInvitation.ts";
import type { GroupsDeps } from "./deps.ts";
import { earnBadgeRoute } from "./earnBadge.ts";
import { eraseMeRoute } from "./eraseMe.ts";
import { exportMeRoute } from "./exportMe.ts";
import { forgetDeviceRoute } from "./forgetDevice.ts";
import { getGroupRoute } from "./getGroup.ts";
import { getMeRoute } from "./getMe.ts";
import { getSpaceRoute } from "./getSpace.ts";
import { inviteRoute } from "./invite.ts";
import { listBadgesRoute } from "./listBadges.ts";
import { listSpacesRoute } from "./listSpaces.ts";
import { registerDeviceRoute } from "./registerDevice.ts";
import { removeMemberRoute } from "./removeMember.ts";

/** The routes of `groups`; `deps` is called at the first request. */
export function groupsApp(deps: () => GroupsDeps): App {
  return appOf(deps, [
    getMeRoute,
    changeMeRoute,
    eraseMeRoute,
    exportMeRoute,
    inviteRoute,
    confirmInvitationRoute,
    listSpacesRoute,
    getSpaceRoute,
    getGroupRoute,
    removeMemberRoute,
    registerDeviceRoute,
    forgetDeviceRoute,
    earnBadgeRoute,
    listBadgesRoute,
  ]);
}
