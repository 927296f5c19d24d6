using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>A folder that is named like a version.</summary>
internal readonly record struct VersionEntry(ModelVersion Version, string Folder, bool IsLink);
