using Microsoft.IdentityModel.Tokens;

namespace Krewe.Access.Tokens;

/// <summary>Why a token is refused, in words of ours: those of the library quote what callers send.</summary>
internal static class TokenFault
{
    /// <summary>The reason; null for what is no refusal of a token.</summary>
    public static string? Describe(Exception? error) => error switch
    {
        ClaimException claim => claim.Message,
        SecurityTokenExpiredException => "it has expired",
        SecurityTokenNotYetValidException => "it is not valid yet",
        SecurityTokenNoExpirationException => "it has no expiry, exp",
        SecurityTokenInvalidAudienceException => "it is for another audience, aud",
        SecurityTokenInvalidIssuerException => "it is by another issuer, iss",
        SecurityTokenInvalidAlgorithmException => "its algorithm, alg, is not one for public keys",
        SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidSignatureException or SecurityTokenInvalidSigningKeyException =>
            "it is not signed by a key of the provider",
        SecurityTokenException or ArgumentException => "it is not a JSON Web Token",
        _ => null,
    };
}
