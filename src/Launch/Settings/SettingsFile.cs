using System.Text.Json;
using Krewe.Abstractions.Errors;

namespace Krewe.Launch.Settings;

/// <summary>
/// Parses a JSON file of settings: <c>{"models": "/srv/models", "httpPort": 9000}</c>. Comments and trailing commas are allowed.
/// </summary>
internal static class SettingsFile
{
    private static readonly JsonDocumentOptions Leniency = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = 8,
    };

    /// <summary>The members with their values as text; adds errors to <paramref name="errors"/>.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Read(string path, List<string> errors)
    {
        using var document = TryOpen(path, errors);
        if (document is null)
        {
            yield break;
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            errors.Add($"{path} is not a JSON object: expected one such as {{\"models\": \"/srv/models\"}}");
            yield break;
        }

        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (member.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
            {
                yield return new(member.Name, member.Value.ToString());
            }
            else if (FrameworkSettings.IsSection(member.Name))
            {
                foreach (var setting in Flatten(member.Name, member.Value))
                {
                    yield return setting;
                }
            }
            else if (member.Value.ValueKind != JsonValueKind.Null)
            {
                errors.Add($"{path}: '{ErrorText.Quote(member.Name)}' is {member.Value.ValueKind}: expected a string or a number");
            }
        }
    }

    /// <summary>The values inside of objects and lists, by the names of .NET's configuration.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Flatten(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Flatten($"{name}:{member.Name}", member.Value)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany((item, index) => Flatten($"{name}:{index}", item)),
        _ => [new(name, value.ToString())],
    };

    private static JsonDocument? TryOpen(string path, List<string> errors)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path), Leniency);
        }
        catch (JsonException error)
        {
            errors.Add($"{path} is not JSON at line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            errors.Add($"{path} cannot be read: {error.Message}");
        }

        return null;
    }
}
