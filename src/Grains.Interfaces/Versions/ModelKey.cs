using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Grains.Interfaces.Versions;

/// <summary>The key of a version's grain: <c>model/version</c>, as <see cref="ModelId"/> writes itself.</summary>
public static class ModelKey
{
    /// <summary>Reads a key; throws <see cref="FormatException"/> where it is none.</summary>
    public static ModelId Parse(string key)
    {
        var slash = key.IndexOf('/');
        return slash > 0 && ModelName.TryParse(key[..slash], out var name) && ModelVersion.TryParse(key[(slash + 1)..], out var version)
            ? new ModelId(name, version)
            : throw new FormatException($"'{ErrorText.Quote(key)}' is no version: expected model/version");
    }
}
