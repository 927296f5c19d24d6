using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Access.Callers;
using Krewe.Access.Limits;
using Microsoft.AspNetCore.Http;

namespace Krewe.Access.Endpoints;

/// <summary>What is asked for a new key. Reading throws <see cref="KreweException"/> (InvalidInput) for what is wrong.</summary>
internal sealed record KeyRequest(string Tenant, Role Role, ImmutableArray<string> Models, DateTimeOffset? ExpiresAt, CallLimits? Limits)
{
    private const int MaxBytes = 16 * 1024;
    private const int MaxPatterns = 64;
    private const int MaxIdLength = 100;
    private static readonly string[] Members = ["tenant", "role", "models", "expires", .. LimitsJson.Members];
    private static readonly TimeSpan MostOverlap = TimeSpan.FromDays(365);
    private static readonly TimeSpan DefaultOverlap = TimeSpan.FromDays(1);

    /// <summary>The role as it is written.</summary>
    public static string NameOf(Role role) => role switch
    {
        Role.Caller => "caller",
        Role.Publisher => "publisher",
        Role.Operator => "operator",
        _ => "admin",
    };

    public static async Task<KeyRequest> ReadAsync(HttpContext context, DateTimeOffset now)
    {
        using var body = await ReadBodyAsync(context, Members);
        var root = body.RootElement;
        var tenant = ReadTenant(Text(root, "tenant") ?? throw Wrong("tenant", "missing", "the name of the key's owner"));
        var role = Text(root, "role");
        if (!Enum.GetValues<Role>().Any(known => NameOf(known) == role))
        {
            throw Wrong("role", role is null ? "missing" : $"'{ErrorText.Quote(role)}'", "caller, publisher, operator or admin");
        }

        var parsed = Enum.GetValues<Role>().First(known => NameOf(known) == role);
        var expires = Text(root, "expires");
        return new KeyRequest(
            tenant, parsed, ReadModels(root, parsed),
            expires is null or "never" ? null : now + ReadTime("expires", expires, MostOverlap * 100), LimitsJson.Read(root));
    }

    /// <summary>How long the former secrets stay valid.</summary>
    public static async Task<TimeSpan> ReadOverlapAsync(HttpContext context)
    {
        if (context.Request.ContentLength is 0 or null)
        {
            return DefaultOverlap;
        }

        using var body = await ReadBodyAsync(context, ["overlap"]);
        return Text(body.RootElement, "overlap") is { } overlap ? ReadTime("overlap", overlap, MostOverlap) : DefaultOverlap;
    }

    /// <summary>The limits of a tenant; null for none.</summary>
    public static async Task<CallLimits?> ReadLimitsAsync(HttpContext context)
    {
        using var body = await ReadBodyAsync(context, LimitsJson.Members);
        return LimitsJson.Read(body.RootElement);
    }

    /// <summary>The name of a tenant.</summary>
    public static string ReadTenant(string? tenant) =>
        tenant?.Length is > 0 and <= MaxIdLength
            && tenant.All(static letter => char.IsAsciiLetterOrDigit(letter) || "-_.".Contains(letter, StringComparison.Ordinal))
            ? tenant
            : throw Wrong("tenant", $"'{ErrorText.Quote(tenant)}'", $"1 to {MaxIdLength} letters, digits, '-', '_' or '.'");

    /// <summary>An id in a path.</summary>
    public static string ReadId(string? id) => id?.Length is > 0 and <= MaxIdLength && id.All(char.IsAsciiLetterOrDigit)
        ? id
        : throw KreweException.InvalidInput(
            $"'{ErrorText.Quote(id)}' is not the id of a key: expected letters and digits, as GET /v2/keys lists them");

    private static ImmutableArray<string> ReadModels(JsonElement root, Role role)
    {
        if (!root.TryGetProperty("models", out var models))
        {
            return role == Role.Admin
                ? ["*"]
                : throw Wrong("models", "missing", "patterns of names such as [\"fraud-*\"], or [\"*\"] for all");
        }

        ImmutableArray<string> patterns = models.ValueKind == JsonValueKind.Array
            ? [.. models.EnumerateArray().Select(static item => item.ValueKind == JsonValueKind.String ? item.GetString()! : "")]
            : [];
        return patterns.Length is > 0 and <= MaxPatterns && patterns.All(ModelPatterns.IsValid)
            ? patterns
            : throw Wrong("models", "not valid", $"1 to {MaxPatterns} patterns such as \"fraud-*\"");
    }

    private static TimeSpan ReadTime(string member, string text, TimeSpan most)
    {
        var unit = text.Length == 0 ? TimeSpan.Zero : text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => TimeSpan.Zero,
        };
        return unit > TimeSpan.Zero && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count <= most / unit
            ? unit * count
            : throw Wrong(member, $"'{ErrorText.Quote(text)}'", $"a time such as 30s, 12h or 90d, at most {most.TotalDays} days");
    }

    private static async Task<JsonDocument> ReadBodyAsync(HttpContext context, string[] members)
    {
        // More than the limit is not read.
        var bytes = new byte[MaxBytes];
        var length = await context.Request.Body.ReadAtLeastAsync(bytes, MaxBytes, throwOnEndOfStream: false, context.RequestAborted);
        try
        {
            var body = JsonDocument.Parse(bytes.AsMemory(0, length));
            if (body.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw KreweException.InvalidInput("the body is no object: expected one such as {\"tenant\": \"acme\"}");
            }

            foreach (var member in body.RootElement.EnumerateObject().Where(member => !members.Contains(member.Name)))
            {
                throw KreweException.InvalidInput(
                    $"there is no member '{ErrorText.Quote(member.Name)}': expected {string.Join(", ", members)}");
            }

            return body;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw KreweException.InvalidInput($"the body is not JSON of at most {MaxBytes} bytes: expected an object", error);
        }
    }

    /// <summary>A member that is a text; null without it.</summary>
    public static string? Text(JsonElement root, string member) =>
        !root.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text
        : throw Wrong(member, "not a text", "a string that is not empty");

    /// <summary>The error of a member.</summary>
    public static KreweException Wrong(string member, string what, string expected) =>
        KreweException.InvalidInput($"'{member}' is {what}: expected {expected}");
}
