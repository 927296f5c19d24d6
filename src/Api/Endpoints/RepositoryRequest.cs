using System.Text.Json;
using Krewe.Abstractions.Errors;

namespace Krewe.Api.Endpoints;

/// <summary>
/// Parses the bodies of repository requests; null is an empty body. Invalid ones throw <see cref="KreweException"/>.
/// </summary>
internal static class RepositoryRequest
{
    private const string UnloadDependents = "unload_dependents";

    /// <summary>Reads <c>{"ready": true}</c>: list only versions that are ready.</summary>
    public static bool ReadIndex(JsonDocument? body)
    {
        using (body)
        {
            return body is not null
                && Member(Root(body, "{\"ready\": true}"), "ready", JsonValueKind.True, JsonValueKind.False)?.GetBoolean() == true;
        }
    }

    /// <summary>Accepts an empty body or empty parameters.</summary>
    public static void CheckLoad(JsonDocument? body)
    {
        foreach (var parameter in Parameters(body))
        {
            throw RefuseLoad(parameter.Name);
        }
    }

    /// <summary>
    /// Parameters of a load override settings or files. They are rejected instead of ignored: a version is defined by the repository.
    /// </summary>
    public static KreweException RefuseLoad(string parameter) => KreweException.InvalidInput(
        $"load parameter '{ErrorText.Quote(parameter)}' is not supported: settings and files come from the repository");

    /// <summary>Accepts an empty body or <c>{"parameters": {"unload_dependents": bool}}</c>; models have no dependents here.</summary>
    public static void CheckUnload(JsonDocument? body)
    {
        foreach (var parameter in Parameters(body))
        {
            CheckUnload(
                parameter.Name, parameter.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : Kind(parameter.Value));
        }
    }

    /// <summary>Rejects a parameter of an unload; <paramref name="wrongKind"/> is what its value is, null if it is true or false.</summary>
    public static void CheckUnload(string parameter, string? wrongKind)
    {
        if (parameter != UnloadDependents)
        {
            throw KreweException.InvalidInput(
                $"unload parameter '{ErrorText.Quote(parameter)}' is not supported: expected '{UnloadDependents}' or none");
        }

        if (wrongKind is not null)
        {
            throw KreweException.InvalidInput($"unload parameter '{UnloadDependents}' is {wrongKind}: expected true or false");
        }
    }

    /// <summary>Accepts an empty body or empty parameters.</summary>
    public static void CheckClear(JsonDocument? body)
    {
        foreach (var parameter in Parameters(body))
        {
            throw KreweException.InvalidInput(
                $"parameter '{ErrorText.Quote(parameter.Name)}' is not supported: a quarantine is cleared without any");
        }
    }

    private static IEnumerable<JsonProperty> Parameters(JsonDocument? body)
    {
        using (body)
        {
            var parameters = body is null ? null : Member(Root(body, "{\"parameters\": {}}"), "parameters", JsonValueKind.Object);
            if (parameters is not { } found)
            {
                yield break;
            }

            foreach (var parameter in found.EnumerateObject())
            {
                yield return parameter;
            }
        }
    }

    private static JsonElement Root(JsonDocument body, string example) => body.RootElement.ValueKind == JsonValueKind.Object
        ? body.RootElement
        : throw KreweException.InvalidInput(
            $"the body is {Kind(body.RootElement)}: expected an object such as {example}, or an empty body");

    private static JsonElement? Member(JsonElement root, string name, params ReadOnlySpan<JsonValueKind> expected)
    {
        if (!root.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return expected.Contains(member.ValueKind)
            ? member
            : throw KreweException.InvalidInput(
                $"'{name}' is {Kind(member)}: expected {(expected.Contains(JsonValueKind.Object) ? "an object" : "true or false")}");
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };
}
