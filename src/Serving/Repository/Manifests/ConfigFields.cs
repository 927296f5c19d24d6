using Krewe.Abstractions.Errors;
using Krewe.Serving.Repository.TextFormat;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>The fields of one message of a <c>config.pbtxt</c>; fields that are never read give a warning.</summary>
internal sealed class ConfigFields(TextFormatMessage message, string prefix, List<(TextFormatPlace Place, string Text)> warnings)
{
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    /// <summary>All occurrences of a field.</summary>
    public IEnumerable<TextFormatField> All(string name)
    {
        known.Add(name);
        return message.Fields.Where(field => field.Name == name);
    }

    /// <summary>A field that may occur at most once.</summary>
    public TextFormatField? One(string name)
    {
        var (first, second) = (default(TextFormatField), default(TextFormatField));
        foreach (var field in All(name))
        {
            (first, second) = (first ?? field, first is null ? null : field);
        }

        return second is null ? first : throw Error(second, $"'{prefix}{name}' occurs twice");
    }

    public string? Text(string name) => One(name) is not { } field
        ? null
        : field.Value is TextFormatScalar { Kind: TextFormatTokenKind.String } text ? text.Text : throw Wrong(field, "a string in quotes");

    /// <summary>An enum's name; the text format takes its number as well, which counts from 0 in <paramref name="names"/>.</summary>
    public string? Word(string name, string expected, params ReadOnlySpan<string> names) => One(name) is not { } field
        ? null
        : field.Value switch
        {
            TextFormatScalar { Kind: TextFormatTokenKind.Word } word => word.Text,
            TextFormatScalar { Kind: TextFormatTokenKind.Number } scalar
                when TextFormatNumber.TryInt64(scalar.Text, out var number) && number >= 0 && number < names.Length => names[(int)number],
            _ => throw Wrong(field, expected),
        };

    public int? Integer(string name, int min, int max) => One(name) is { } field ? (int)Integer(field, min, max) : null;

    public IEnumerable<long> Integers(string name, long min, long max) => All(name).Select(field => Integer(field, min, max));

    public IEnumerable<ConfigFields> Messages(string name) => All(name).Select(Message);

    public ConfigFields? Message(string name) => One(name) is { } field ? Message(field) : null;

    /// <summary>Rejects fields that would change the model's answers, each with the reason.</summary>
    public void Refuse(params ReadOnlySpan<(string Name, string Reason)> fields)
    {
        foreach (var (name, reason) in fields)
        {
            foreach (var field in All(name))
            {
                throw Error(field, $"'{prefix}{name}' is not supported: {reason}");
            }
        }
    }

    /// <summary>Rejects a boolean field unless it is false.</summary>
    public void RefuseTrue(string name, string reason)
    {
        if (One(name) is not { } field)
        {
            return;
        }

        switch ((field.Value as TextFormatScalar)?.Text)
        {
            case "false" or "False" or "f" or "0":
                return;
            case "true" or "True" or "t" or "1":
                throw Error(field, $"'{prefix}{name}' is not supported: {reason}");
            default:
                throw Wrong(field, "true or false");
        }
    }

    /// <summary>Marks fields that are accepted and have no effect.</summary>
    public void Accept(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            known.Add(name);
        }
    }

    /// <summary>Warns about fields that were never read; a false one counts as absent.</summary>
    public void WarnOfUnread()
    {
        foreach (var field in message.Fields.Where(field => field.Value is not TextFormatScalar { Text: "false" } && known.Add(field.Name)))
        {
            Warn(field, $"'{prefix}{field.Name}' has no effect here");
        }
    }

    public void Warn(TextFormatField field, string text)
    {
        const int MaxWarnings = 100;
        if (warnings.Count < MaxWarnings)
        {
            warnings.Add((field.Place, text));
        }
    }

    public ManifestException Wrong(TextFormatField field, string expected) =>
        Error(field, $"'{prefix}{field.Name}' is {Found(field.Value)}: expected {expected}");

    public static ManifestException Error(TextFormatField field, string text) => new($"{ManifestFiles.Pbtxt}, {field.Place}: {text}");

    private static string Found(TextFormatValue value) => value switch
    {
        TextFormatScalar { Kind: TextFormatTokenKind.String } text => $"\"{ErrorText.Quote(text.Text)}\"",
        TextFormatScalar scalar => ErrorText.Quote(scalar.Text),
        _ => "a message",
    };

    private long Integer(TextFormatField field, long min, long max) =>
        field.Value is TextFormatScalar { Kind: TextFormatTokenKind.Number } scalar
        && TextFormatNumber.TryInt64(scalar.Text, out var number) && number >= min && number <= max
            ? number
            : throw Wrong(field, $"a whole number from {min} to {max}");

    private ConfigFields Message(TextFormatField field) => field.Value is TextFormatMessage inner
        ? new ConfigFields(inner, $"{prefix}{field.Name}.", warnings)
        : throw Wrong(field, "a message in braces");
}
