using Krewe.Access.Settings;
using Krewe.Launch.Settings;

namespace Krewe.Launch.Http;

/// <summary>The settings of JWT bearer tokens that the framework has no names for.</summary>
public static class TokenSettings
{
    private const string KeysFile = "jwt-keys-file";
    private const string Claims = "jwt-claims";

    private static readonly Notation<TokenClaims> ClaimNames = new(
        "names such as tenant=org,role=realm_access.roles,models=models", TryReadClaims);

    public static readonly IReadOnlyList<ISetting<ProgramOptions>> All =
    [
        Setting<ProgramOptions>.Of(
            KeysFile, "FILE",
            "File with the keys that tokens are signed with, a JSON Web Key Set; read again when it changes. Default: the keys of the "
                + $"provider that {TokenOptions.Section}:Authority names.",
            Notations.Path, static (options, path) => options.Access.Tokens.KeysFile = path),
        Setting<ProgramOptions>.Of(
            Claims, "LIST",
            "Claims of a token with the tenant, the role and the patterns of models, points leading into objects. Default "
                + "tenant=tenant,role=roles,models=models, where role is read if there is no claim roles.",
            ClaimNames, static (options, claims) => options.Access.Tokens.Claims = claims),
    ];

    /// <summary>Rejects settings of tokens that are missing, wrong or of no use.</summary>
    public static IEnumerable<string> Check(ProgramOptions options) =>
        options.Access.Jwt ? options.Access.Tokens.Check()
        : options.Access.Tokens.IsGiven
            ? [$"--{KeysFile}, --{Claims} and {TokenOptions.Section} are for --auth jwt: expected both or neither"]
        : [];

    private static bool TryReadClaims(string text, out TokenClaims claims)
    {
        claims = new TokenClaims();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var (name, claim) = part.IndexOf('=', StringComparison.Ordinal) is var at and > 0 ? (part[..at], part[(at + 1)..]) : (part, "");
            if (claim.Length == 0)
            {
                return false;
            }

            switch (name)
            {
                case "tenant":
                    claims = claims with { Tenant = claim };
                    break;
                case "role":
                    claims = claims with { Role = claim };
                    break;
                case "models":
                    claims = claims with { Models = claim };
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
