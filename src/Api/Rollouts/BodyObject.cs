using System.Text.Json;
using Krewe.Abstractions.Errors;

namespace Krewe.Api.Rollouts;

/// <summary>
/// A JSON object in a request body. Unknown members are rejected instead of ignored: a misspelt guard would guard nothing.
/// </summary>
internal readonly struct BodyObject
{
    private readonly JsonElement element;
    private readonly string place;

    /// <summary>Wraps an object; <paramref name="place"/> is its path, empty for the body itself.</summary>
    public BodyObject(JsonElement element, string place, params ReadOnlySpan<string> known)
    {
        (this.element, this.place) = (element, place);
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw KreweException.InvalidInput($"{Subject} is {BodyValue.Describe(element)}: expected an object with {Names(known)}");
        }

        Check(known);
    }

    /// <summary>Wraps a body that is required.</summary>
    public static BodyObject Of(JsonDocument? body, string example, params ReadOnlySpan<string> known) => body is null
        ? throw KreweException.InvalidInput($"the body is empty: expected an object such as {example}")
        : new BodyObject(body.RootElement, "", known);

    /// <summary>The value of a member; null if it is missing.</summary>
    public BodyValue? Find(string name) =>
        element.TryGetProperty(name, out var member) ? new BodyValue(member, place.Length == 0 ? name : $"{place}.{name}") : null;

    /// <summary>The value of a required member.</summary>
    public BodyValue Get(string name) => Find(name) ?? throw KreweException.InvalidInput($"{Subject} has no '{name}': expected it");

    /// <summary>Throws with a reason if any of the named members is present.</summary>
    public void Refuse(string reason, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Find(name) is not null)
            {
                throw KreweException.InvalidInput($"{Subject} has '{name}': {reason}");
            }
        }
    }

    private static string Names(ReadOnlySpan<string> known) => string.Join(", ", known.ToArray().Select(static name => $"'{name}'"));

    private string Subject => place.Length == 0 ? "the body" : $"'{place}'";

    private void Check(ReadOnlySpan<string> known)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                throw KreweException.InvalidInput(
                    $"{Subject} has an unknown member '{ErrorText.Quote(member.Name)}': expected {Names(known)}");
            }

            if (!seen.Add(member.Name))
            {
                throw KreweException.InvalidInput($"{Subject} has '{member.Name}' twice: expected it once");
            }
        }
    }
}
