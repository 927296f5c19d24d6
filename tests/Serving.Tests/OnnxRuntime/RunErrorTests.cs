namespace Krewe.Serving.Tests;

public sealed class RunErrorTests
{
    [Theory]
    [InlineData("[ErrorCode:InvalidArgument] Non-zero status code returned while running Gather node. Name:'g' Status Message: indices element out of data bounds, idx=99 must be within the inclusive range [-4,3]",
        "indices element out of data bounds, idx=99 must be within the inclusive range [-4,3]")]
    [InlineData("[ErrorCode:Fail] Non-zero status code returned while running Div node. Name:'' Status Message: element_wise_ops.cc:692 Compute Integer division by zero",
        "Integer division by zero")]
    [InlineData("[ErrorCode:RuntimeException] Status Message: /src/core/op_kernel.cc:83 virtual X* A::B(int, const C&) [ONNXRuntimeError] : 1 : FAIL : Calculation for Tensor storage size overflowed ",
        "Calculation for Tensor storage size overflowed")]
    [InlineData("[ErrorCode:NoModel] Load model from /home/somebody/models/bad/1/model.onnx failed:Protobuf parsing failed.",
        "Load model from failed:Protobuf parsing failed.")]
    public void Says_what_a_caller_can_use_and_no_more(string native, string expected) =>
        Assert.Equal(expected, RunError.Describe(new InvalidOperationException(native)));
}
