namespace Krewe.Serving.Repository.Manifests;

/// <summary>A model's settings are invalid. The message names the file, the place, the error and what is expected.</summary>
internal sealed class ManifestException(string message) : Exception(message);
