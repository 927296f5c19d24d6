namespace Krewe.Serving;

/// <summary>The number and the encoding of one field; the content follows it.</summary>
internal readonly record struct ProtobufField(int Number, ProtobufEncoding Encoding);
