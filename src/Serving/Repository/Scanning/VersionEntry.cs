using Krewe.Abstractions.Models;

namespace Krewe.Serving.Repository.Scanning;

/// <summary>A folder named like a version.</summary>
internal readonly record struct VersionEntry(ModelVersion Version, string Folder, bool IsLink);
