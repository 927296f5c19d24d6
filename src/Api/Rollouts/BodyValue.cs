using System.Globalization;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Api.Rollouts;

/// <summary>
/// A JSON value in a request body, with its path. A wrong kind or range throws <see cref="KreweException"/> that names the path.
/// </summary>
internal readonly struct BodyValue(JsonElement element, string place)
{
    /// <summary>True for null, which only a few members accept.</summary>
    public bool IsNull => element.ValueKind == JsonValueKind.Null;

    /// <summary>True for an object.</summary>
    public bool IsObject => element.ValueKind == JsonValueKind.Object;

    /// <summary>True for a number.</summary>
    public bool IsNumber => element.ValueKind == JsonValueKind.Number;

    /// <summary>A number within inclusive bounds.</summary>
    public double Number(double least, double most) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var number) && number >= least && number <= most
            ? number
            : throw Wrong(most == double.MaxValue
                ? string.Create(CultureInfo.InvariantCulture, $"a number of {least} or more")
                : string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));

    /// <summary>An integer within inclusive bounds.</summary>
    public long Integer(long least, long most) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var number) && number >= least && number <= most
            ? number
            : throw Wrong(most == long.MaxValue ? $"a whole number of {least} or more" : $"a whole number from {least} to {most}");

    /// <summary>A duration, written in seconds.</summary>
    public TimeSpan Seconds(TimeSpan most) => TimeSpan.FromSeconds(Number(0, most.TotalSeconds));

    /// <summary>True or false.</summary>
    public bool Boolean() => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("true or false"),
    };

    /// <summary>A single-line string.</summary>
    public string Line(int maxLength)
    {
        var text = element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Wrong("a string");
        return text.Length > maxLength ? throw KreweException.InvalidInput(
            $"'{place}' has {text.Length} characters: expected at most {maxLength}")
            : text.Any(char.IsControl) ? throw KreweException.InvalidInput($"'{place}' has a control character: expected one line of text")
            : text;
    }

    /// <summary>One of the given words.</summary>
    public T Word<T>(ReadOnlySpan<(string Word, T Meaning)> words)
    {
        var text = element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        foreach (var (word, meaning) in words)
        {
            if (word == text)
            {
                return meaning;
            }
        }

        var names = string.Join(", ", words[..^1].ToArray().Select(static word => $"'{word.Word}'"));
        throw Wrong($"{names} or '{words[^1].Word}'");
    }

    /// <summary>A version number, as a string or number.</summary>
    public ModelVersion Version()
    {
        var text = element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Number => element.GetRawText(),
            _ => null,
        };
        return ModelVersion.TryParse(text, out var version) ? version : throw Wrong(
            "the number of a version, a positive integer without leading zeros");
    }

    /// <summary>An object that has only known members.</summary>
    public BodyObject Object(params ReadOnlySpan<string> known) => new(element, place, known);

    /// <summary>The items of an array.</summary>
    public IReadOnlyList<BodyValue> Items(int most, string example)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw Wrong($"an array such as {example}");
        }

        var at = place;
        return element.GetArrayLength() <= most
            ? [.. element.EnumerateArray().Select((item, index) => new BodyValue(item, $"{at}[{index}]"))]
            : throw KreweException.InvalidInput($"'{place}' has {element.GetArrayLength()} items: expected at most {most}");
    }

    /// <summary>The members of an object with arbitrary names.</summary>
    public IReadOnlyList<(string Name, BodyValue Value)> Members(string example)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Wrong($"an object such as {example}");
        }

        var (at, names) = (place, new HashSet<string>(StringComparer.Ordinal));
        return [.. element.EnumerateObject().Select(member => names.Add(member.Name)
            ? (member.Name, new BodyValue(member.Value, $"{at}.{ErrorText.Quote(member.Name)}"))
            : throw KreweException.InvalidInput($"'{at}' has '{ErrorText.Quote(member.Name)}' twice: expected it once"))];
    }

    /// <summary>The error for an unexpected value.</summary>
    public KreweException Wrong(string expected) => KreweException.InvalidInput($"'{place}' is {Describe(element)}: expected {expected}");

    /// <summary>Describes a value, quoting short ones.</summary>
    public static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => $"'{ErrorText.Quote(element.GetString())}'",
        JsonValueKind.Number => ErrorText.Quote(element.GetRawText()),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };
}
