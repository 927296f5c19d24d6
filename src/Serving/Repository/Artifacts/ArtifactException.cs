namespace Krewe.Serving.Repository.Artifacts;

/// <summary>A version's files cannot be served as they are. The message says why, paths relative to the repository.</summary>
internal sealed class ArtifactException(string message, Exception? innerException = null) : Exception(message, innerException);
