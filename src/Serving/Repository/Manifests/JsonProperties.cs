using System.Text.Json;
using Krewe.Abstractions.Errors;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>The properties of a JSON object, validated as they are read; errors name the property and the expected value.</summary>
internal sealed class JsonProperties
{
    private readonly Dictionary<string, JsonElement> properties = new(StringComparer.Ordinal);
    private readonly string prefix;

    private JsonProperties(string prefix) => this.prefix = prefix;

    /// <summary>Reads an object that must have only known properties.</summary>
    public static JsonProperties Of(JsonElement element, string path, IReadOnlyCollection<string> known)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(path, element, "an object");
        }

        var result = Of(element, path);
        return result.properties.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown
            ? throw new ManifestException(
                $"{ManifestFiles.Json}: there is no property '{result.prefix}{ErrorText.Quote(unknown)}'; "
                + $"known are {string.Join(", ", known)}")
            : result;
    }

    /// <summary>Reads an object with arbitrary property names.</summary>
    public static JsonProperties Of(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(path, element, "an object");
        }

        var result = new JsonProperties(path.Length == 0 ? "" : path + ".");
        foreach (var property in element.EnumerateObject())
        {
            if (!result.properties.TryAdd(property.Name, property.Value))
            {
                throw new ManifestException($"{ManifestFiles.Json}: '{result.prefix}{ErrorText.Quote(property.Name)}' occurs twice");
            }
        }

        return result;
    }

    public IEnumerable<string> Names => properties.Keys;

    public JsonElement? Get(string name) => properties.TryGetValue(name, out var value) ? value : null;

    public string Path(string name) => prefix + name;

    public int? Integer(string name, int min, int max) =>
        Get(name) is { } value ? Integer(Path(name), value, min, max) : null;

    public double? Number(string name, double min, double max)
    {
        if (Get(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= min && number <= max
            ? number
            : throw Wrong(Path(name), value, $"a number from {min} to {max}");
    }

    public bool? Boolean(string name) => Get(name) is not { } value ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(Path(name), value, "true or false"),
    };

    public static int Integer(string path, JsonElement value, int min, int max) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max
            ? number
            : throw Wrong(path, value, $"a whole number from {min} to {max}");

    public static ManifestException Wrong(string path, JsonElement found, string expected)
    {
        var text = found.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            _ => ErrorText.Quote(found.GetRawText()),
        };
        var what = path.Length == 0 ? "the file" : $"'{path}'";
        return new ManifestException($"{ManifestFiles.Json}: {what} is {text}: expected {expected}");
    }
}
