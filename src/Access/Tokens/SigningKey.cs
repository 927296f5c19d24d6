using Krewe.Access.Callers;
using Microsoft.IdentityModel.Tokens;

namespace Krewe.Access.Tokens;

/// <summary>A public key that tokens are signed with. One object as long as the provider has it.</summary>
internal sealed class SigningKey(JsonWebKey key)
{
    public JsonWebKey Key => key;

    /// <summary>Done when the provider no longer has the key: tokens by it are then refused.</summary>
    public Revocation Removal { get; } = new();

    /// <summary>Whether a key can sign tokens; never a symmetric one, whose secret would be the one that callers have.</summary>
    public static bool IsUsable(JsonWebKey key) =>
        key.Kty is JsonWebAlgorithmsKeyTypes.RSA or JsonWebAlgorithmsKeyTypes.EllipticCurve && key.Use is null or "" or "sig";

    public bool Is(JsonWebKey other) => (key.Kid, key.Kty, key.N, key.E, key.Crv, key.X, key.Y)
        == (other.Kid, other.Kty, other.N, other.E, other.Crv, other.X, other.Y);
}
