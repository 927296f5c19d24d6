using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Access.Callers;
using Krewe.Access.Settings;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Krewe.Access.Tokens;

/// <summary>
/// Reads a caller from a checked token. Nothing has a default: a token without a tenant, a role, models or a subject is refused.
/// </summary>
internal sealed class TokenReader(TokenClaims names)
{
    private const int MaxTextLength = 100;
    private const int MaxPatterns = 64;
    private static readonly string[] RoleNames = ["roles", "role"];

    /// <summary>The caller; throws <see cref="ClaimException"/> with what is missing.</summary>
    public Caller ToCaller(JsonWebToken token, SigningKey key, TimeProvider time)
    {
        using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload));
        var claims = document.RootElement;
        var tenant = Text(claims, names.Tenant, static letter => char.IsAsciiLetterOrDigit(letter) || "-_.".Contains(letter));
        var subject = Text(
            claims, "sub", static letter => !char.IsControl(letter) && !char.IsWhiteSpace(letter) && !char.IsSurrogate(letter));
        return new Caller(
            $"{tenant}/{subject}", tenant, ReadRole(claims), ReadModels(claims), new DateTimeOffset(token.ValidTo) + TokenRules.ClockSkew,
            time, key.Removal);
    }

    private static string Text(JsonElement claims, string name, Func<char, bool> allows) =>
        Find(claims, name) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 and <= MaxTextLength } text
            && text.All(allows)
        ? text
        : throw Missing(claims, name, $"a name of at most {MaxTextLength} characters");

    private Role ReadRole(JsonElement claims)
    {
        var name = names.Role ?? RoleNames.FirstOrDefault(known => Find(claims, known) is not null) ?? RoleNames[0];
        var given = Texts(claims, name).ToList();
        var roles = Enum.GetValues<Role>().Where(role => given.Contains(role.ToString().ToLowerInvariant())).ToList();
        return roles.Count > 0 ? roles.Max() : throw Missing(claims, name, "caller, publisher, operator or admin");
    }

    private ModelPatterns ReadModels(JsonElement claims)
    {
        ImmutableArray<string> patterns = [.. Texts(claims, names.Models)];
        return patterns.Length is > 0 and <= MaxPatterns && patterns.All(ModelPatterns.IsValid)
            ? new ModelPatterns(patterns)
            : throw Missing(claims, names.Models, $"1 to {MaxPatterns} patterns such as fraud-*");
    }

    /// <summary>A list of texts, or one text with several between commas or spaces.</summary>
    private static IEnumerable<string> Texts(JsonElement claims, string name) => Find(claims, name) switch
    {
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Select(
            static item => item.ValueKind == JsonValueKind.String ? item.GetString()! : ""),
        { ValueKind: JsonValueKind.String } text => text.GetString()!.Split(
            [',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        _ => [],
    };

    /// <summary>A claim by its whole name, or, inside of objects, by names with points between them: <c>realm_access.roles</c>.</summary>
    private static JsonElement? Find(JsonElement claims, string name)
    {
        if (claims.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (claims.TryGetProperty(name, out var found))
        {
            return found;
        }

        var point = name.IndexOf('.', StringComparison.Ordinal);
        return point > 0 && claims.TryGetProperty(name[..point], out var inner) ? Find(inner, name[(point + 1)..]) : null;
    }

    private static ClaimException Missing(JsonElement claims, string name, string expected) => new(
        $"its claim '{ErrorText.Quote(name)}' is {(Find(claims, name) is null ? "missing" : "not valid")}: expected {expected}");
}

/// <summary>A genuine token that does not say who calls, or what the caller may do. The message says which claim it is.</summary>
internal sealed class ClaimException(string message) : Exception(message);
