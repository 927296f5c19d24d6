using System.Globalization;

namespace Krewe.Access.Settings;

/// <summary>Which JWT bearer tokens are accepted.</summary>
public sealed class TokenOptions
{
    /// <summary>The configuration that the framework reads its options from.</summary>
    public const string Section = "Authentication:Schemes:Bearer";

    private const string Https = "RequireHttpsMetadata";
    private static readonly string[] Names = ["Authority", "MetadataAddress", "ValidIssuer", "ValidAudience", Https];
    private static readonly string[] Lists = ["ValidIssuers", "ValidAudiences"];

    /// <summary>The framework's settings by their whole names, such as <c>Authentication:Schemes:Bearer:Authority</c>.</summary>
    public Dictionary<string, string?> Framework { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A file with the provider's keys, a JSON Web Key Set, read again when it changes; null to ask the provider.</summary>
    public string? KeysFile { get; set; }

    /// <summary>The names of the claims.</summary>
    public TokenClaims Claims { get; set; } = new();

    /// <summary>True if anything is said about tokens.</summary>
    public bool IsGiven => Framework.Count > 0 || KeysFile is not null || Claims != new TokenClaims();

    /// <summary>What is wrong with these options, one sentence each.</summary>
    public IEnumerable<string> Check()
    {
        foreach (var name in Framework.Keys.Where(static name => !IsKnown(name)))
        {
            yield return $"there is no setting '{name}': expected {Section}: and {string.Join(", ", Names.Concat(Lists))}";
        }

        if (Value(Https) is { } https && !bool.TryParse(https, out _))
        {
            yield return $"{Section}:{Https} is '{https}': expected 'true' or 'false'";
        }

        foreach (var name in (string[])["Authority", "MetadataAddress"])
        {
            if (Value(name) is { } address && Reason(address) is { } reason)
            {
                yield return $"{Section}:{name} is '{address}': expected {reason}";
            }
        }

        var hasProvider = Value("Authority") is not null || Value("MetadataAddress") is not null;
        if (hasProvider == KeysFile is not null)
        {
            yield return $"the keys that tokens are signed with have {(hasProvider ? "two sources" : "no source")}: expected one of "
                + $"{Section}:Authority (or MetadataAddress) and --jwt-keys-file";
        }

        if (!Has("ValidAudience", "ValidAudiences"))
        {
            yield return $"{Section}:ValidAudience is missing: expected the audience that tokens for this server name, as aud";
        }

        if (!hasProvider && !Has("ValidIssuer", "ValidIssuers"))
        {
            yield return $"{Section}:ValidIssuer is missing: expected who issues the tokens, as iss";
        }
    }

    private string? Value(string name) => Framework.GetValueOrDefault($"{Section}:{name}") is { Length: > 0 } value ? value : null;

    private bool Has(string name, string list) => Value(name) is not null
        || Framework.Any(pair =>
            pair.Key.StartsWith($"{Section}:{list}:", StringComparison.OrdinalIgnoreCase) && pair.Value is { Length: > 0 });

    private string? Reason(string address) =>
        !Uri.TryCreate(address, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("https" or "http")
            ? "an address such as https://login.example.com"
        : parsed.Scheme != "https" && !(bool.TryParse(Value(Https), out var isAsked) && !isAsked) ? $"https, or {Https} to be false"
        : null;

    private static bool IsKnown(string name)
    {
        var last = name.StartsWith(Section + ":", StringComparison.OrdinalIgnoreCase) ? name[(Section.Length + 1)..] : "";
        return Names.Contains(last, StringComparer.OrdinalIgnoreCase)
            || (last.Split(':') is [var list, var index] && Lists.Contains(list, StringComparer.OrdinalIgnoreCase)
                && int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }
}

/// <summary>Which claims of a token say whose it is, what it may do and which models it knows of.</summary>
/// <param name="Tenant">The claim with the tenant.</param>
/// <param name="Role">The claim with the role or roles; null for <c>roles</c>, else <c>role</c>.</param>
/// <param name="Models">The claim with the patterns of models.</param>
public sealed record TokenClaims(string Tenant = "tenant", string? Role = null, string Models = "models");
