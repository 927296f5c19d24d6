using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Models;

/// <summary>Errors for unknown models and versions.</summary>
public static class UnknownModel
{
    /// <summary>The error for an unknown model.</summary>
    public static KreweException Error(ModelName name) =>
        new(KreweErrorCode.ModelNotFound, $"Request for unknown model: '{name}' is not found");

    /// <summary>The error for an unknown model, with suggestions from the known names.</summary>
    public static KreweException Error(ModelName name, IEnumerable<ModelName> known) =>
        Error(name) is var plain && NearestNames.Find(name.Value, known.Select(other => other.Value)) is { Count: > 0 } nearest
            ? new(KreweErrorCode.ModelNotFound,
                $"{plain.Message}; did you mean {string.Join(" or ", nearest.Select(other => $"'{other}'"))}?")
            : plain;

    /// <summary>The error for an unknown version.</summary>
    public static KreweException Error(ModelReference model) =>
        new(KreweErrorCode.VersionNotFound, $"Request for unknown model: '{model.Name}' version '{model.Version}' is not found");
}
