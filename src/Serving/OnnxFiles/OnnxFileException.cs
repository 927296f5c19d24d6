namespace Krewe.Serving;

/// <summary>A file is no whole, readable ONNX model. The message says why, in words for people and without a path.</summary>
internal sealed class OnnxFileException(string message, Exception? innerException = null) : Exception(message, innerException);
