using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Grains.Interfaces.Versions;

/// <summary>The key of a version's grain: <c>model/version</c>, the text of a <see cref="ModelId"/>.</summary>
public static class ModelKey
{
    /// <summary>Parses a key; throws <see cref="FormatException"/> if it is invalid.</summary>
    public static ModelId Parse(string key)
    {
        var slash = key.IndexOf('/');
        return slash > 0 && ModelName.TryParse(key[..slash], out var name) && ModelVersion.TryParse(key[(slash + 1)..], out var version)
            ? new ModelId(name, version)
            : throw new FormatException($"'{ErrorText.Quote(key)}' is not a version: expected model/version");
    }
}
