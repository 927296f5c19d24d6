using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Models;

/// <summary>The errors of names that nothing bears.</summary>
public static class UnknownModel
{
    /// <summary>There is no such model.</summary>
    public static KreweException Error(ModelName name) =>
        new(KreweErrorCode.ModelNotFound, $"Request for unknown model: '{name}' is not found");

    /// <summary>There is no such model; the nearest names of those that there are may be what was meant.</summary>
    public static KreweException Error(ModelName name, IEnumerable<ModelName> known) =>
        Error(name) is var plain && NearestNames.Find(name.Value, known.Select(other => other.Value)) is { Count: > 0 } nearest
            ? new(KreweErrorCode.ModelNotFound,
                $"{plain.Message}; did you mean {string.Join(" or ", nearest.Select(other => $"'{other}'"))}?")
            : plain;

    /// <summary>There is no such version of the model.</summary>
    public static KreweException Error(ModelReference model) =>
        new(KreweErrorCode.VersionNotFound, $"Request for unknown model: '{model.Name}' version '{model.Version}' is not found");
}
