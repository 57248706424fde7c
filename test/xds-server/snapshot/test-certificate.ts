/** A self-signed certificate that nobody trusts and its key, for tests of what reads such files. */

export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBhTCCASugAwIBAgIUaX3oR9Ejiy7sguBBYx8cQaHJfl8wCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMdGVzdC5pbnZhbGlkMCAXDTI2MTEyMTA1NDI0N1oYDzIxMjYx
MDI4MDU0MjQ3WjAXMRUwEwYDVQQDDAx0ZXN0LmludmFsaWQwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAASFaosc6rfhDGTtPOhphlI/+oxfv62Cuop9J4BIF9sYe9wd
6LeekqghUSZudeiytmQXwII13g/Q4V4B5YJrEgr3o1MwUTAdBgNVHQ4EFgQUbucG
n2n3OISkigXrqt46NyXi6rEwHwYDVR0jBBgwFoAUbucGn2n3OISkigXrqt46NyXi
6rEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiAh6194kXm/eWKQ
1GTHF+QdSv7aL20rYNa2GkdmJb5A/AIhALIZg2APUnLehYQnh94htxWN0tp4/BAn
wC3adZW5wDJq
-----END CERTIFICATE-----
`;

export const testKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNbjTU4yv5e6XAMA2
mBcQHMsdRSfEcWPr1bY7Sj/1UrKhRANCAASFaosc6rfhDGTtPOhphlI/+oxfv62C
uop9J4BIF9sYe9wd6LeekqghUSZudeiytmQXwII13g/Q4V4B5YJrEgr3
-----END PRIVATE KEY-----
`;
