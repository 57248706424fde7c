/** The revisions of the protocol that the bridge speaks with clients, besides 2026-07-28. */

/** Those with sessions, newest first. The oldest had another transport, but a server may know no newer one. */
export const elderVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;
