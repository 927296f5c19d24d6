using System.Globalization;
using System.Text.Json.Nodes;
using Krewe.Access.Keys;

namespace Krewe.Access.Endpoints;

/// <summary>A key as the API shows it: never a hash, and the secret only where it was just made.</summary>
internal static class KeyJson
{
    public static JsonObject Of(KeyRecord key, string? secret = null)
    {
        var json = new JsonObject
        {
            ["id"] = key.Id, ["tenant"] = key.Tenant, ["role"] = KeyRequest.NameOf(key.Role),
            ["models"] = new JsonArray([.. key.Models.Select(static pattern => JsonValue.Create(pattern))]),
            ["created_by"] = key.CreatedBy, ["created_at"] = Text(key.CreatedAt), ["expires_at"] = Text(key.ExpiresAt),
            ["last_used_at"] = Text(key.LastUsedAt),
            ["rate"] = key.Limits?.Rate?.ToString(), ["burst"] = key.Limits?.Burst, ["parallel"] = key.Limits?.Parallel,
            ["secrets"] = new JsonArray([.. key.Secrets.Select(static part => new JsonObject
            {
                ["prefix"] = part.Prefix, ["valid_until"] = Text(part.ValidUntil),
            })]),
        };
        if (secret is not null)
        {
            json.Insert(0, "key", secret);
        }

        return json;
    }

    private static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
