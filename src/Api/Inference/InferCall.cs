using Krewe.Abstractions.Inference;

namespace Krewe.Api.Inference;

/// <summary>A request for the host, and the format of its outputs.</summary>
internal sealed record InferCall(InferenceRequest Request, OutputFormat Outputs);
