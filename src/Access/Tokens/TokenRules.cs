using Krewe.Access.Settings;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Krewe.Access.Tokens;

/// <summary>
/// What a token must be, whatever the configuration leaves out: signed by a key of the provider, with an algorithm for public keys, for
/// this audience, by this issuer, and with an end. After the framework's own configuration.
/// </summary>
internal sealed class TokenRules(AccessOptions options, TimeProvider time, ILogger<SigningKeys> logger)
    : IPostConfigureOptions<JwtBearerOptions>
{
    public const string Scheme = JwtBearerDefaults.AuthenticationScheme;

    /// <summary>What clocks may differ by.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(10);

    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    public void PostConfigure(string? name, JwtBearerOptions bearer)
    {
        var source = options.Tokens.KeysFile is { } file ? KeySource.File(file)
            : KeySource.Provider(bearer.MetadataAddress, bearer.Backchannel, bearer.RequireHttpsMetadata);
        bearer.ConfigurationManager = new SigningKeys(source, time, logger);
        bearer.EventsType = typeof(TokenEvents);
        bearer.MapInboundClaims = false;
        bearer.SaveToken = false;
        var rules = bearer.TokenValidationParameters;
        rules.ValidateIssuer = rules.ValidateAudience = rules.ValidateIssuerSigningKey = true;
        rules.RequireExpirationTime = rules.RequireSignedTokens = rules.RequireAudience = true;
        rules.ValidAlgorithms = Algorithms;
        rules.IssuerSigningKeys = null;

        // The key that a token names and no other; any of them for a token that names none.
        rules.TryAllIssuerSigningKeys = false;
        rules.IssuerSigningKeyResolver = static (_, _, id, now) =>
            id is null or "" ? now.IssuerSigningKeys : now.IssuerSigningKeys.Where(key => key.KeyId == id);
        rules.ClockSkew = ClockSkew;
        rules.LifetimeValidator = (from, until, _, _) => CheckLifetime(from, until);
    }

    /// <summary>By our clock.</summary>
    private bool CheckLifetime(DateTime? from, DateTime? until)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return until is null ? throw new SecurityTokenNoExpirationException()
            : until <= now - ClockSkew ? throw new SecurityTokenExpiredException()
            : from > now + ClockSkew ? throw new SecurityTokenNotYetValidException()
            : true;
    }
}
