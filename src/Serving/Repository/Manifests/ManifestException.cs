namespace Krewe.Serving.Repository.Manifests;

/// <summary>A model's settings are wrong. The message names the file, the place, what is wrong and what is right.</summary>
internal sealed class ManifestException(string message) : Exception(message);
